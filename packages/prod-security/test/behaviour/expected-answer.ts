import type { Asked } from '../support/ask.ts'
import type { HostName } from '../support/hosts.ts'
import type { RequestKind } from './matrix-requests.ts'
import { friend, type LayerName } from './matrix-stack.ts'

/** Who answers, from the first place in the order of the stack to the last. */
export type Answerer =
  | 'request target'
  | 'cors'
  | 'health'
  | 'metrics'
  | 'cspReports'
  | 'csrf'
  | 'loadShedding'
  | 'clientKeys'
  | 'rateLimit'
  | 'requestLimits'
  | 'bodyGuard'
  | 'route'
  | 'notFoundHandler'
  | 'errorHandler'

/** What an answer must be. */
export interface ExpectedAnswer {
  readonly by: Answerer
  readonly status: number
  /** Of its problem; `undefined` for what is none. */
  readonly type: string | undefined
  /** Whether each of these fields is there. */
  readonly fields: Readonly<Record<string, boolean>>
}

type Refusal = readonly [Answerer, status: number, type?: string]

const ours = (name: string): string => `urn:alfred:problem:${name}`

/** What each layer says to a request of a kind that reaches it; it says nothing to the others. */
const refusals: Readonly<Partial<Record<LayerName, Readonly<Partial<Record<RequestKind, Refusal>>>>>> = {
  cors: { preflight: ['cors', 204], 'denied preflight': ['cors', 204] },
  health: { probe: ['health', 200] },
  metrics: { scrape: ['metrics', 200] },
  cspReports: { 'CSP report': ['cspReports', 204] },
  csrf: {
    'cross-site POST': ['csrf', 403, ours('cross-origin-request')],
    'POST of a friend': ['csrf', 403, ours('cross-origin-request')],
  },
  clientKeys: {
    preflight: ['clientKeys', 401, ours('client-key-missing')],
    'cross-site POST': ['clientKeys', 401, ours('client-key-missing')],
    'call without a key': ['clientKeys', 401, ours('client-key-missing')],
  },
  rateLimit: {
    'over the limit': ['rateLimit', 429, 'https://iana.org/assignments/http-problem-types#quota-exceeded'],
  },
  requestLimits: { 'long URL': ['requestLimits', 414, ours('url-too-long')] },
  bodyGuard: {
    'too much': ['bodyGuard', 413, ours('body-too-large')],
    'malformed JSON': ['bodyGuard', 400, ours('invalid-body')],
  },
}

/** The order that the documentation promises. */
const order = [
  'cors',
  'health',
  'metrics',
  'cspReports',
  'csrf',
  'loadShedding',
  'clientKeys',
  'rateLimit',
  'requestLimits',
  'bodyGuard',
] as const satisfies readonly (LayerName & Answerer)[]

const application: Readonly<Partial<Record<RequestKind, Refusal>>> = {
  'missing page': ['notFoundHandler', 404, 'about:blank'],
  'thrown error': ['errorHandler', 500, ours('internal-error')],
  probe: ['notFoundHandler', 404, 'about:blank'],
  scrape: ['notFoundHandler', 404, 'about:blank'],
  'CSP report': ['notFoundHandler', 404, 'about:blank'],
}

function answererOf(kind: RequestKind, on: ReadonlySet<LayerName>): Refusal {
  if (kind === 'target with a fragment') return ['request target', 400, ours('invalid-request-target')]
  for (const layer of order) {
    if (!on.has(layer)) continue
    // CORS decides about the origin, and CSRF protection reads it.
    if (layer === 'csrf' && kind === 'POST of a friend' && on.has('cors')) continue
    const refusal = refusals[layer]?.[kind]
    if (refusal !== undefined) return refusal
  }
  return application[kind] ?? ['route', 200]
}

/** What a request must be answered with by a stack of the layers of `on`. */
export function expectedAnswer(
  kind: RequestKind,
  asked: Asked,
  on: ReadonlySet<LayerName>,
  host: HostName,
): ExpectedAnswer {
  const [by, status, type] = answererOf(kind, on)
  const reached = (layer: (typeof order)[number]): boolean => {
    if (!on.has(layer) || by === 'request target') return false
    const place = order.findIndex((name) => name === by)
    return place === -1 || order.indexOf(layer) <= place
  }
  return {
    by,
    status,
    type,
    fields: {
      'x-request-id': true,
      'x-content-type-options': on.has('headers'),
      'content-security-policy': on.has('headers'),
      'access-control-allow-origin': reached('cors') && asked.headers?.['Origin'] === friend,
      'ratelimit-policy': reached('rateLimit'),
      'retry-after': status === 429,
      'www-authenticate': status === 401,
      // Express' own, taken away by the headers.
      'x-powered-by': !on.has('headers') && host !== 'node:http',
    },
  }
}
