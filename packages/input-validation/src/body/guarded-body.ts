import type { IncomingMessage } from 'node:http'

const guarded: unique symbol = Symbol.for('alfred.body-guarded')

/** What the guards of one request know of its body. */
export interface GuardedBody {
  /** How many bytes a guard has held; `undefined` for a body that passes to somebody else. */
  bytes: number | undefined
  /** The guards that have accepted it. */
  readonly guards: symbol[]
}

/** `_body` is how body parsers tell each other that the body is read; `stream` exists under HTTP/2. */
export type BodyRequest = IncomingMessage & {
  body?: unknown
  _body?: boolean
  /** The bytes as they came, where `rawBody` names the path. */
  rawBody?: Buffer | undefined
  [guarded]?: GuardedBody
  readonly stream?: { readonly endAfterHeaders?: boolean; destroy(): unknown }
}

/** What guards noted before, or `undefined`. */
export const guardedBody = (request: BodyRequest): GuardedBody | undefined => request[guarded]

/** Notes that a guard has accepted the body. */
export function markGuarded(request: BodyRequest, guard: symbol, bytes: number | undefined): void {
  const known = request[guarded]
  if (known) {
    known.bytes ??= bytes
    known.guards.push(guard)
  } else request[guarded] = { bytes, guards: [guard] }
}

/** Whether a request has a body, by its head. */
export function hasBody(request: BodyRequest): boolean {
  if (request.headers['transfer-encoding'] !== undefined) return true
  const length = request.headers['content-length']
  if (length !== undefined) return Number(length) !== 0
  return request.httpVersionMajor > 1 && request.stream?.endAfterHeaders !== true
}

/**
 * Whether somebody has read the body who is no guard. Body parsers of Express 4 set `req.body` also where they read
 * nothing, and others parse when it is asked for: it says nothing.
 */
export const isTaken = (request: BodyRequest): boolean =>
  request._body === true || request.readableDidRead || request.readableEnded
