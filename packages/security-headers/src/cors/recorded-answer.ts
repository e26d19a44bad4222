import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import corsPackage from 'cors'
import type { ResolvedCorsOptions } from './cors-options.ts'

/** What is sent to an allowed origin. */
export interface RecordedAnswer {
  /** In lower case, but `Vary`. */
  readonly fields: readonly { readonly field: string; readonly value: string }[]
  readonly status: number
}

/** The origin that the answers are recorded with. Nobody has it (RFC 6761). */
const recordedOrigin = 'https://recorded.invalid'

const allowOrigin = 'access-control-allow-origin'

/**
 * What the cors package says once the origin is known to be allowed, asked once. `Vary` and the origin that is reflected
 * are left to who replays it.
 */
export function recordAnswer(options: ResolvedCorsOptions, preflight: boolean): RecordedAnswer {
  const answer = corsPackage({
    origin: options.origin === '*' ? '*' : true,
    credentials: options.credentials,
    methods: [...options.methods],
    allowedHeaders: [...options.allowedHeaders],
    exposedHeaders: [...options.exposedHeaders],
    maxAge: options.maxAge,
    optionsSuccessStatus: options.optionsSuccessStatus,
  })
  const request = new IncomingMessage(new Socket())
  request.method = preflight ? 'OPTIONS' : 'GET'
  request.headers.origin = recordedOrigin
  const response = new ServerResponse(request)
  response.end = () => response
  answer(request, response, () => undefined)
  const fields = Object.entries(response.getHeaders())
    .filter(([field, value]) => field !== 'vary' && !(field === allowOrigin && value === recordedOrigin))
    .map(([field, value]) => ({ field, value: String(value) }))
  return { fields, status: response.statusCode }
}
