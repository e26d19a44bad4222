import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createRdbFilter } from './whole-rdb.ts'

const file = Buffer.concat([
  Buffer.from('REDIS0010'),
  Buffer.alloc(100, 7),
  Buffer.from([0xff]),
  Buffer.from('checksum'),
])
const mark = Buffer.from('0123456789abcdef0123456789abcdef01234567')

/** Sends bytes in pieces of a size. */
function filter(bytes: Buffer, size: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
  return buffer(Readable.from(pieces).pipe(createRdbFilter()))
}

it.each([1, 7, 49, 1000])(
  'passes a whole file, and cuts off what replication adds, in pieces of %d',
  async (size) => {
    expect(await filter(file, size)).toEqual(file)
    expect(await filter(Buffer.concat([file, mark]), size)).toEqual(file)
  },
)

it.each([
  ['nothing', Buffer.alloc(0), 'has no end'],
  ['half a file', file.subarray(0, 60), 'has no end'],
  ['an error', Buffer.from('NOAUTH Authentication required.'), 'no RDB file'],
])('refuses %s', async (_what, bytes, message) => {
  await expect(filter(bytes, 16)).rejects.toThrow(message)
})
