import { parentPort } from 'node:worker_threads'
import type { SanitizerThreadMessage } from '../../src/sanitizer-threads/sanitizer-thread.ts'

/** A thread of the pool that does what its texts say: hangs, ends, throws or fills its memory; other texts it returns. */
const port = parentPort
if (!port) throw new Error('this module runs in a worker thread')

const say = (message: SanitizerThreadMessage): void => {
  port.postMessage(message)
}

port.on('message', (text: string) => {
  switch (text) {
    case 'hang':
      for (;;);
    case 'exit':
      return process.exit(0)
    case 'throw':
      throw new Error('a fault of the thread')
    case 'fill':
      for (const kept: string[][] = []; ;) kept.push(new Array<string>(1_000_000).fill(text))
    default:
      say({ html: text })
  }
})
say({ ready: true })
