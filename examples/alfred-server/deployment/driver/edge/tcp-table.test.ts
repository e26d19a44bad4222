import { expect, it } from 'vitest'
import { readTcpTable, tableAddresses } from './tcp-table.ts'

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100 0 0 10 0
   1: 0100007F:A1B2 0200A8C0:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 20 4 30 10 -1
   2: 0100007F:A1B3 0200A8C0:0BB8 06 00000000:00000000 00:00000000 00000000     0        0 333 1 0 20 4 30 10 -1
`

it('reads established connections alone', () => {
  expect(readTcpTable(table)).toEqual([{ remoteAddress: '0200A8C0', remotePort: 3000, inode: '222' }])
})

it('spells an address as the table does', () => {
  expect(tableAddresses('192.168.0.2')).toEqual(['0200A8C0', '0000000000000000FFFF00000200A8C0'])
})
