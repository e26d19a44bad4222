import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dialect, WireError } from './dialect.ts'

/** What a server does with one request, step by step. */
export type Step =
  | { readonly send: string }
  /** One byte at a time. */
  | { readonly drip: string }
  | { readonly then: 'end' | 'reset' | 'hang' }

/** What the server answers: a stream, or an error. */
export type Script =
  readonly Step[] | { readonly error: WireError; readonly retryAfter?: string; readonly body?: string }

/** A server that follows a script for every completion. */
export interface WireServer extends AsyncDisposable {
  readonly origin: string
}

/** Starts a server that speaks `dialect` and does what `script` says. */
export async function startWireServer(dialect: Dialect, script: Script): Promise<WireServer> {
  const server = createServer((request, response) => {
    request.resume()
    const play = async (): Promise<void> => {
      if ('error' in script) {
        const { error, retryAfter, body } = script
        response.writeHead(dialect.status(error), {
          'content-type': body === undefined ? 'application/json' : 'text/html',
          ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
        })
        response.end(body ?? JSON.stringify(dialect.errorBody(error)))
        return
      }
      response.writeHead(200, { 'content-type': dialect.contentType })
      response.flushHeaders()
      for (const step of script) {
        if ('send' in step) response.write(step.send)
        else if ('drip' in step) {
          for (const byte of Buffer.from(step.drip)) response.write(Buffer.of(byte))
        } else if (step.then === 'end') response.end()
        else if (step.then === 'reset') {
          await delay(20)
          response.socket?.resetAndDestroy()
        }
      }
    }
    void play()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
