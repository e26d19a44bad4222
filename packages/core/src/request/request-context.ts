import type { IncomingMessage } from 'node:http'
import type { KnownPathReadings } from './path-readings.ts'

/** Who a request was authenticated as. */
export interface Identity {
  readonly kind: 'user' | 'api-key'
  readonly id: string
  /** What an API key may do; users have none. */
  readonly scopes?: readonly string[] | undefined
  /** Which customer an API key belongs to. */
  readonly tenant?: string | undefined
}

/**
 * What CORS decided about the origin of a request: pages there may read the answer, with the user's credentials or
 * without any, or not.
 */
export type CorsDecision = 'allowed' | 'allowed-with-credentials' | 'denied'

/** What the layers know of one request and tell each other. */
export interface RequestContext {
  /** The id sent back as `X-Request-Id`. */
  requestId: string | undefined
  /** The client's address, when there is one. */
  clientAddress: string | undefined
  /** The `trustProxy` that `clientAddress` and `secure` were read with, as JSON. */
  addressTrust: string | undefined
  /** Whether the client's connection is encrypted; `undefined` until somebody asked. */
  secure: boolean | undefined
  identity: Identity | undefined
  /** Of a request from another origin, once CORS has decided. */
  corsDecision: CorsDecision | undefined
  /** 32 hexadecimal digits, when a tracer runs. */
  traceId: string | undefined
  /** 16 hexadecimal digits, of the request's server span. */
  spanId: string | undefined
  /** Whether the trace is kept, so that a reference to it leads somewhere. */
  traceSampled: boolean
  /** The request target that was checked and accepted. */
  checkedTarget: string | undefined
  /** The readings of the path, once somebody asked. */
  pathReadings: KnownPathReadings | undefined
}

const contextKey: unique symbol = Symbol.for('alfred.request-context')

type ContextRequest = IncomingMessage & { [contextKey]: RequestContext | undefined }

/** The context of `request`, made empty on first use. */
export function requestContext(request: IncomingMessage): RequestContext {
  return ((request as ContextRequest)[contextKey] ??= {
    requestId: undefined,
    clientAddress: undefined,
    addressTrust: undefined,
    secure: undefined,
    identity: undefined,
    corsDecision: undefined,
    traceId: undefined,
    spanId: undefined,
    traceSampled: false,
    checkedTarget: undefined,
    pathReadings: undefined,
  })
}

/** The context of `request` when there is one. */
export const existingRequestContext = (request: IncomingMessage): RequestContext | undefined =>
  (request as ContextRequest)[contextKey]
