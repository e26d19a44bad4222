import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { AlfredConfigError, type ConfigProblem, type Middleware } from '@alfred/core'

export interface ExchangeRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the connection is encrypted. */
  readonly tls?: boolean
  /** Headers that were set before the middleware runs. */
  readonly before?: Readonly<Record<string, string | string[]>>
}

export interface Exchange {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  /** Whether the request went on to the app. */
  readonly passed: boolean
  readonly error: unknown
  readonly body: string
  readonly response: ServerResponse
}

export function createRequest({
  method = 'GET',
  url = '/',
  headers = {},
  tls = false,
}: ExchangeRequest = {}) {
  const request = new IncomingMessage(tls ? Object.assign(new Socket(), { encrypted: true }) : new Socket())
  request.method = method
  request.url = url
  for (const [name, value] of Object.entries(headers)) request.headers[name.toLowerCase()] = value
  return request
}

/** Runs one request through `middleware` on Node's own message objects, without a connection. */
export function exchange(middleware: Middleware, options: ExchangeRequest = {}): Promise<Exchange> {
  const request = createRequest(options)
  const response = new ServerResponse(request)
  for (const [name, value] of Object.entries(options.before ?? {})) response.setHeader(name, value)
  return new Promise((resolve) => {
    const finish = (passed: boolean, error?: unknown, body = ''): void => {
      resolve({ status: response.statusCode, headers: response.getHeaders(), passed, error, body, response })
    }
    response.end = (chunk?: unknown) => {
      finish(false, undefined, typeof chunk === 'string' ? chunk : '')
      return response
    }
    middleware(request, response, (error) => {
      finish(true, error)
    })
  })
}

/** The problems with which `construct` refuses its options; none when it accepts them. */
export function problemsOf(construct: () => unknown): readonly ConfigProblem[] {
  try {
    construct()
    return []
  } catch (error) {
    if (error instanceof AlfredConfigError) return error.problems
    throw error
  }
}
