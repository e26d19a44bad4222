import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { Tracing } from '@alfred/tracing'
import { requestAttribute } from './recorded-spans.ts'

/** The application's own context: its value is the request's id. */
export const ownContext = new AsyncLocalStorage<string>()

/** Requests whose handler had not the application's own context. */
export const lostContexts = { count: 0 }

/** Past the buffer of a socket, so that the response has to wait for its client. */
const longAnswer = Buffer.alloc(4_000_000)

export const idOf = (request: IncomingMessage): string =>
  request.url?.split('?', 1)[0]?.split('/').at(-1) ?? ''

/** Calls back with every chunk and at the end of a body that nobody has read. */
const readBody = (request: IncomingMessage, each: (name: string) => void): Promise<void> =>
  new Promise((resolve) => {
    request.on('data', () => {
      each('data')
    })
    request.on('end', () => {
      each('end')
      resolve()
    })
  })

/** Calls back once the client has taken what was written. */
const writeLong = (response: ServerResponse, then: () => void): Promise<void> =>
  new Promise((resolve) => {
    response.once('drain', () => {
      then()
      resolve()
    })
    if (response.write(longAnswer)) {
      then()
      resolve()
    }
  })

/** A handler that begins a span in each way in which a handler goes on. */
export async function spanningHandler(
  tracing: Pick<Tracing, 'withSpan' | 'traceStream'>,
  request: IncomingMessage,
  response: ServerResponse,
  work: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const id = idOf(request)
  const attributes = { [requestAttribute]: id }
  const span = (name: string): void => {
    tracing.withSpan(name, attributes, () => undefined)
  }
  if (ownContext.getStore() !== id) lostContexts.count += 1
  span('at once')
  response.on('finish', () => {
    span('finish')
  })
  if (!request.readableEnded && !('body' in request && request.body !== undefined))
    await readBody(request, span)
  await Promise.resolve()
  span('promise')
  await pause(1)
  span('timer')
  await nextTurn()
  span('immediate')
  await work()
  span('work')
  const chunks = tracing.traceStream('stream', attributes, async function* () {
    yield await pause(1, 'chunk')
  })
  for await (const _chunk of chunks) span('chunk')
  if (id.endsWith('long') && request.method !== 'HEAD') {
    await writeLong(response, () => {
      span('drain')
    })
  }
  response.end('answered')
}
