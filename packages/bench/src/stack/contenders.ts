import { fileURLToPath } from 'node:url'

/** One of the stacks that are compared. */
export interface Contender {
  /** Its server, run in a process of its own. */
  readonly module: string
  readonly variables?: Readonly<Record<string, string>>
  /** What it does for a request, in words. */
  readonly does: string
  /** Response headers that show the work behind them; without one of them the figures would be void. */
  readonly sends: readonly string[]
}

const server = (name: string): string => fileURLToPath(new URL(`${name}-server.ts`, import.meta.url))

const hardened = ['content-security-policy', 'access-control-allow-origin', 'ratelimit', 'ratelimit-policy']

/** The stacks in the order in which they take turns. */
export const contenders = {
  bare: {
    module: server('bare'),
    does: 'Express 5 alone.',
    sends: [],
  },
  ours: {
    module: server('ours'),
    does: 'alfredHardening with its defaults: request id, trace context, metrics, security headers, CORS, probes, CSRF (Fetch Metadata), two policies in Redis, body guard, error handler.',
    sends: [...hardened, 'x-request-id'],
  },
  peers: {
    module: server('peers'),
    does: 'express-prom-bundle (labels method, path, status), helmet, cors, two express-rate-limit limiters on rate-limit-redis over ioredis, each set up as its README shows. No request id, CSRF check, probes or body guard.',
    sends: hardened,
  },
  peersTuned: {
    module: server('peers'),
    variables: { AUTO_PIPELINING: 'on' },
    does: "the same, with ioredis' enableAutoPipelining.",
    sends: hardened,
  },
} as const satisfies Readonly<Record<string, Contender>>

export type ContenderName = keyof typeof contenders

export const contenderNames = Object.keys(contenders) as ContenderName[]
