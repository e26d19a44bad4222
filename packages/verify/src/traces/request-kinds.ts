/** A request to a route of the test's application. */
export interface RequestKind {
  readonly method: string
  /** The first segment of the path. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** What the client sends, chunk by chunk. */
  readonly body: readonly string[]
}

const json = { 'content-type': 'application/json' }
const large = JSON.stringify({ text: 'x'.repeat(100_000) })

const bodies: Readonly<Record<string, Omit<RequestKind, 'method'>>> = {
  none: { path: 'json', headers: {}, body: [] },
  small: { path: 'json', headers: json, body: ['{"text":"a"}'] },
  'in pieces': {
    path: 'json',
    headers: { ...json, 'transfer-encoding': 'chunked' },
    body: ['{"te', 'xt":', '"a"}'],
  },
  large: { path: 'json', headers: json, body: [large] },
  upload: { path: 'upload', headers: { 'content-type': 'text/plain' }, body: ['some ', 'text'] },
}

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PURGE']

/** Every verb with every kind of body. HEAD has none. */
export const requestKinds: readonly RequestKind[] = verbs.flatMap((method) =>
  Object.entries(bodies)
    .filter(([body]) => method !== 'HEAD' || body === 'none')
    .map(([, kind]) => ({ method, ...kind })),
)
