import { expect, it } from 'vitest'
import { formatTable } from './table.ts'

it('aligns names left and numbers right', () => {
  const table = {
    columns: ['stack', 'requests/s'],
    rows: [
      ['bare', '9500'],
      ['hardened', '12'],
    ],
  }
  expect(formatTable(table).split('\n')).toEqual([
    'stack     requests/s',
    '--------  ----------',
    'bare            9500',
    'hardened          12',
  ])
})
