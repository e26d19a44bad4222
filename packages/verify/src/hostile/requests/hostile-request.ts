import { markers } from './markers.ts'
import type { SeededRandom } from '../../random/seeded-random.ts'

/** One thing that the client does on its connection. */
export type Step =
  | { readonly send: Buffer }
  | { readonly waitMs: number }
  /** `half-close` ends our side and goes on reading; `hang-up` closes the connection. */
  | { readonly leave: 'half-close' | 'hang-up' }

/** What a client does on one connection. */
export interface HostileRequest {
  readonly steps: readonly Step[]
  /** How many answers to wait for. @default 1 */
  readonly answers?: number | undefined
  /** Answers have no body, as those to HEAD. @default false */
  readonly bodiless?: boolean | undefined
  /** The route fails on purpose: a 500 is right. @default false */
  readonly routeFails?: boolean | undefined
}

/** What a family knows of the server. */
export interface FamilyContext {
  /** The secret of a client key that is accepted. */
  readonly clientKey: string
}

/** Makes one request of its kind. */
export type Family = (random: SeededRandom, context: FamilyContext) => HostileRequest

/** The parts of a request's text. */
export interface RequestParts {
  readonly method?: string | undefined
  readonly target?: string | undefined
  readonly version?: string | undefined
  /** Each line as it is sent, without its end. `Host` and `Connection: close` come before. */
  readonly fields?: readonly string[] | undefined
  /** Sent in place of `Host` and `Connection: close`. */
  readonly firstFields?: readonly string[] | undefined
  readonly body?: Buffer | string | undefined
}

/** Bytes as they are: one character, one byte. */
export const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** The text of a request. Its `Content-Length` is right unless the fields frame it otherwise. */
export function requestBytes(parts: RequestParts): Buffer {
  const { method = 'GET', target = '/', version = 'HTTP/1.1', fields = [], body } = parts
  const { firstFields = ['Host: localhost', 'Connection: close'] } = parts
  const content = typeof body === 'string' ? Buffer.from(body) : body
  const isFramed = fields.some((field) => /^(?:content-length|transfer-encoding)\s*:/i.test(field))
  const length = content && !isFramed ? [`Content-Length: ${String(content.length)}`] : []
  const head = [`${method} ${target} ${version}`, ...firstFields, ...fields, ...length, '', ''].join('\r\n')
  return content ? Buffer.concat([bytes(head), content]) : bytes(head)
}

/** One request that is sent at once. */
export const plain = (parts: RequestParts): HostileRequest => ({
  steps: [{ send: requestBytes(parts) }],
  bodiless: parts.method === 'HEAD',
})

/** A form of an address that no other request is likely to have, so that limits per address do not end the run. */
export const someAddress = (random: SeededRandom): string =>
  [203, random.below(256), random.below(256), random.between(1, 254)].join('.')

/** The fields of a request that the stack lets through to the routes below `/api`. */
export const admitted = (random: SeededRandom, { clientKey }: FamilyContext): string[] => [
  `X-API-Key: ${clientKey}`,
  `X-Forwarded-For: ${someAddress(random)}`,
]

/** A JSON body that the chat route accepts, with a marker in it. */
export const chatBody = (more = ''): string =>
  JSON.stringify({ message: `hello ${markers.sentSecret} ${more}` })
