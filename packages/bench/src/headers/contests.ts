import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { compose, type Middleware } from '@alfred/core'
import { createCors, createSecurityHeaders } from '@alfred/security-headers'
import corsPackage from 'cors'
import helmet from 'helmet'

/** One thing that ours and a peer do, side by side. */
export interface Contest {
  readonly does: string
  readonly ours: Middleware
  readonly peer: Middleware
  /** The request's `Origin`. */
  readonly origin: string | undefined
  /** Headers that only the peer sends here. */
  readonly peerOnly: readonly string[]
}

export const contestNames = ['static', 'nonce', 'corsSameOrigin', 'corsCrossOrigin'] as const
export type ContestName = (typeof contestNames)[number]

const page = 'https://app.example.com'
const origins = [page, 'https://admin.example.com', 'https://preview.example.com']
const exposedHeaders = ['Retry-After', 'RateLimit', 'RateLimit-Policy']

const ourCors = createCors({ origin: origins, credentials: true, exposedHeaders })
const peerCors = corsPackage({ origin: origins, credentials: true, exposedHeaders })

/** Where the peer's nonce travels; Express has `response.locals` for it. */
type NonceResponse = ServerResponse & { cspNonce?: string }

/** As helmet's documentation makes nonces, with as many bits as ours. */
const peerNonce: Middleware = compose([
  (_request, response: NonceResponse, next) => {
    response.cspNonce = randomBytes(16).toString('base64')
    next()
  },
  helmet({
    contentSecurityPolicy: {
      directives: {
        scriptSrc: [
          "'self'",
          (_request: IncomingMessage, response: NonceResponse) => `'nonce-${response.cspNonce ?? ''}'`,
        ],
      },
    },
  }),
])

export const contests: Readonly<Record<ContestName, Contest>> = {
  static: {
    does: 'helmet() and createSecurityHeaders(), which send the same 12 headers',
    ours: createSecurityHeaders(),
    peer: helmet(),
    origin: undefined,
    peerOnly: [],
  },
  nonce: {
    does: "the same with a 128-bit nonce in script-src: by a function of helmet’s directive, and by 'nonce'",
    ours: createSecurityHeaders({
      contentSecurityPolicy: { directives: { scriptSrc: ["'self'", "'nonce'"] } },
    }),
    peer: peerNonce,
    origin: undefined,
    peerOnly: [],
  },
  corsSameOrigin: {
    does: 'cors and createCors with three allowed origins, credentials and three exposed headers; a request without Origin, on which cors sends permissions as well',
    ours: ourCors,
    peer: peerCors,
    origin: undefined,
    peerOnly: ['access-control-allow-credentials', 'access-control-expose-headers'],
  },
  corsCrossOrigin: {
    does: 'the same, for a request from the first of the origins',
    ours: ourCors,
    peer: peerCors,
    origin: page,
    peerOnly: [],
  },
}
