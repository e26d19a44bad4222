import { parentPort, workerData } from 'node:worker_threads'
import { createDomPurifier } from './dom-purifier.ts'
import { type SanitizerJob, type SanitizerResult, workOffJob } from './sanitizer-job.ts'

/** What a thread answers: that it is ready, then one answer for each text. */
export type SanitizerThreadMessage = { readonly ready: true } | { readonly error: string } | SanitizerResult

const port = parentPort
if (!port) throw new Error('this module runs in a worker thread')

const { job } = workerData as { readonly job: SanitizerJob }
const purifier = createDomPurifier(job)
const work = workOffJob(job, (html) => purifier.purify(html))
// The first calls compile what all others use.
for (let round = 0; round < 20; round++)
  work('<p class="a">warm <b>up</b> <a href="/c">c</a> [d](https://e.f)</p>')
port.on('message', (text: string) => {
  let answer: SanitizerThreadMessage
  try {
    answer = work(text)
  } catch (error) {
    answer = { error: error instanceof Error ? error.message : 'unknown' }
  }
  port.postMessage(answer)
})
port.postMessage({ ready: true } satisfies SanitizerThreadMessage)
