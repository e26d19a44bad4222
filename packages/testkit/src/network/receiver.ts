import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { closeServer } from './close-server.ts'

/** One request that a receiver got. */
export interface ReceivedPost {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** ms since the epoch. */
  readonly at: number
}

/** What a receiver answers. */
export interface ReceiverAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A local server that takes webhooks and the like. */
export interface Receiver extends AsyncDisposable {
  /** Without a path. */
  readonly url: string
  readonly requests: readonly ReceivedPost[]
  /** What the next requests are answered with, one each; afterwards 200. `hang` never answers. */
  answerNext(...answers: readonly (ReceiverAnswer | 'hang')[]): void
  /** Never answers any more. */
  hang(): void
  close(): Promise<void>
}

/** Starts a receiver on a free port of 127.0.0.1. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedPost[] = []
  const answers: (ReceiverAnswer | 'hang')[] = []
  let hangs = false
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = 'GET', url: path = '/', headers } = request
      const body = Buffer.concat(chunks).toString('utf8')
      requests.push({ method, path, headers, body, at: Date.now() })
      const answer = answers.shift() ?? (hangs ? 'hang' : { status: 200 })
      if (answer !== 'hang') response.writeHead(answer.status, answer.headers).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  const close = (): Promise<void> => closeServer(server)
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    requests,
    answerNext(...next) {
      answers.push(...next)
    },
    hang() {
      hangs = true
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
