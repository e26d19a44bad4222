import { Transform } from 'node:stream'

const magic = Buffer.from('REDIS')
/** An RDB file ends with this mark and eight bytes of checksum. */
const endMark = 0xff
const endBytes = 9
/** What a replication without disk sends behind the file; redis-cli cuts it off from files, and not from stdout. */
const replicationMark = /^[\da-f]{40}$/
const markBytes = 40
const maxTailBytes = endBytes + markBytes

/** Passes a whole RDB file, without what replication adds to it. Fails for anything else, such as the text of an error. */
export function createRdbFilter(): Transform {
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head.length < magic.length) {
        head = Buffer.concat([head, chunk.subarray(0, magic.length - head.length)])
        if (!head.equals(magic.subarray(0, head.length))) {
          done(new Error('what Redis sent is no RDB file'))
          return
        }
      }
      const seen = Buffer.concat([tail, chunk])
      const passed = Math.max(0, seen.length - maxTailBytes)
      tail = seen.subarray(passed)
      done(null, seen.subarray(0, passed))
    },
    flush(done) {
      const bytes = lengthOfEnd(tail)
      if (bytes === undefined) done(new Error('what Redis sent has no end'))
      else done(null, tail.subarray(0, bytes))
    },
  })
}

/** @returns how much of the last bytes belongs to the file; `undefined` when it has no end */
function lengthOfEnd(tail: Buffer): number | undefined {
  const unmarked = tail.length - markBytes
  if (tail[unmarked - endBytes] === endMark && replicationMark.test(tail.toString('latin1', unmarked))) {
    return unmarked
  }
  return tail[tail.length - endBytes] === endMark ? tail.length : undefined
}
