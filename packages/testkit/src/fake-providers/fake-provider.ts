import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { closeServer } from '../network/close-server.ts'

/** One request that a fake provider received. */
export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The parsed JSON body; an empty object when there was none. */
  readonly body: Readonly<Record<string, unknown>>
}

/** What goes wrong with the next requests. */
export interface ProviderFault {
  /** Answer with this HTTP status and the provider's own error body. */
  readonly status?: number | undefined
  /** Wait before the first byte, in milliseconds. */
  readonly delayMs?: number | undefined
  /** Close the connection after so many text pieces of a streamed answer. */
  readonly cutAfter?: number | undefined
  /** Stop sending after so many text pieces, but keep the connection open. */
  readonly stallAfter?: number | undefined
  /** Send the provider's in-stream error after so many text pieces. */
  readonly errorAfter?: number | undefined
}

/** A local server that speaks a provider's wire format. */
export interface FakeProvider extends AsyncDisposable {
  /** What the provider's SDK takes as its base URL or host. */
  readonly baseUrl: string
  /** Every request so far, refused ones included. */
  readonly requests: readonly ReceivedRequest[]
  /** The text of the coming answers; streamed word by word. */
  answer(text: string): void
  /** Applies `fault` to the next `times` completion requests, after the faults queued before. */
  failNext(fault: ProviderFault, times?: number): void
  /** Replaces the API keys that are accepted; an empty list accepts any. */
  acceptKeys(...keys: readonly string[]): void
  close(): Promise<void>
}

/** Settings of a fake provider. */
export interface FakeProviderOptions {
  /** The answer to every message. */
  readonly answer?: string | undefined
  /** API keys that are accepted; by default any. */
  readonly apiKeys?: readonly string[] | undefined
  /** How long a piece of a streamed answer takes, in ms. @default 1 */
  readonly pieceMs?: number | undefined
}

/** One completion request on its way to its answer. */
export interface Completion {
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  /** The answer's pieces; joined they are the answer. */
  readonly pieces: readonly string[]
  /** How long a streamed piece takes, in ms. */
  readonly pieceMs: number
  readonly fault: ProviderFault
}

/** How one provider talks. */
export interface WireFormat {
  /** What the base URL has after the origin. */
  readonly basePath: string
  readonly completionPath: string
  /** The key that a request carries, if any. */
  keyOf(headers: IncomingMessage['headers']): string | undefined
  errorBody(status: number, message: string): unknown
  /** Documents that a GET answers, by path. */
  readonly documents: Readonly<Record<string, unknown>>
  complete(completion: Completion): Promise<void>
}

/** Sends a JSON document. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/**
 * Writes the pieces of a streamed answer, applying the completion's fault.
 *
 * @returns whether the stream came to its regular end
 */
export async function streamPieces(
  { response, pieces, pieceMs, fault }: Completion,
  write: (piece: string, index: number) => void,
  writeError: () => void,
): Promise<boolean> {
  for (const [index, piece] of pieces.entries()) {
    if (fault.stallAfter === index) return false
    if (fault.cutAfter === index) {
      // The pieces already written must arrive; only then is the connection torn down.
      await delay(20)
      response.destroy()
      return false
    }
    if (fault.errorAfter === index) {
      writeError()
      response.end()
      return false
    }
    write(piece, index)
    await delay(pieceMs)
    if (response.destroyed) return false
  }
  return true
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  if (chunks.length === 0) return {}
  const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port was given'))
      else resolve(address.port)
    })
  })

/** Starts a server on a free port of 127.0.0.1 that speaks `format`. */
export async function startFakeProvider(
  format: WireFormat,
  { answer = 'Hello from the fake provider.', apiKeys = [], pieceMs = 1 }: FakeProviderOptions = {},
): Promise<FakeProvider> {
  const requests: ReceivedRequest[] = []
  const faults: ProviderFault[] = []
  let accepted: readonly string[] = apiKeys
  let text = answer

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (incoming.url ?? '/').split('?', 1)[0] ?? '/'
    const request = {
      method: incoming.method ?? 'GET',
      path,
      headers: incoming.headers,
      body: await readBody(incoming),
    }
    requests.push(request)
    const refuse = (status: number, message: string): void => {
      sendJson(response, status, format.errorBody(status, message))
    }
    const key = format.keyOf(incoming.headers)
    if (accepted.length > 0 && (key === undefined || !accepted.includes(key))) {
      refuse(401, 'Incorrect API key provided.')
      return
    }
    const document = format.documents[path]
    if (request.method === 'GET' && document !== undefined) {
      sendJson(response, 200, document)
      return
    }
    if (request.method !== 'POST' || path !== format.completionPath) {
      refuse(404, `Unknown request URL: ${request.method} ${path}.`)
      return
    }
    const fault = faults.shift() ?? {}
    if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { ref: false })
    if (response.destroyed) return
    if (fault.status !== undefined) {
      refuse(fault.status, `The fake provider was told to answer ${String(fault.status)}.`)
      return
    }
    await format.complete({ request, response, pieces: text.match(/\s*\S+/g) ?? [], pieceMs, fault })
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  })
  const port = await listen(server)

  const close = (): Promise<void> => closeServer(server)

  return {
    baseUrl: `http://127.0.0.1:${String(port)}${format.basePath}`,
    requests,
    answer(newText) {
      text = newText
    },
    failNext(fault, times = 1) {
      for (let n = 0; n < times; n++) faults.push(fault)
    },
    acceptKeys(...keys) {
      accepted = keys
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
