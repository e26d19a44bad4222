import { parentPort, workerData } from 'node:worker_threads'
import type { Config } from 'dompurify'
import { createDomPurifier } from './dom-purifier.ts'

/** What a thread answers: that it is ready, then one answer for each text. */
export type HtmlWorkerMessage =
  { readonly ready: true } | { readonly html: string } | { readonly failure: string }

const port = parentPort
if (!port) throw new Error('this module runs in a worker thread')

const purifier = createDomPurifier((workerData as { readonly config: Config }).config)
// The first call compiles what all others use.
purifier.purify('<b>warm</b>')
port.on('message', (text: string) => {
  let answer: HtmlWorkerMessage
  try {
    answer = { html: purifier.purify(text) }
  } catch (error) {
    answer = { failure: error instanceof Error ? error.message : 'unknown' }
  }
  port.postMessage(answer)
})
port.postMessage({ ready: true } satisfies HtmlWorkerMessage)
