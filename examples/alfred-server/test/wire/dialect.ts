import type { ChatProvider } from '../../src/providers/chat-provider.ts'

/** How a provider may end an answer. */
export type WireFinish = 'stop' | 'length' | 'refusal' | 'filter' | 'tool'

/** What a provider may answer instead of a stream. */
export type WireError =
  | 'context-too-long'
  | 'filtered'
  | 'no-credit'
  | 'not-found'
  | 'overloaded'
  | 'rate-limited'
  | 'server-error'
  | 'too-large'
  | 'unauthorized'

/** How one provider puts things on the wire. Each text is a whole event, or several. */
export interface Dialect {
  readonly name: string
  /** A client of the server at `origin`. */
  create(origin: string): ChatProvider
  readonly contentType: string
  /** What comes before the first text. */
  readonly begin: string
  readonly text: (piece: string) => string
  /** A thought, which is no part of the answer. */
  readonly thought: string
  /** What keeps the connection open. */
  readonly ping: string
  /** The call of a tool that nobody offered. */
  readonly toolCall: string
  readonly finish: (reason: WireFinish) => string
  /** What comes after the finish. */
  readonly end: string
  /** An error in the middle of the stream. */
  readonly streamError: string
  status(error: WireError): number
  errorBody(error: WireError): unknown
  /** What the dialect cannot say, and what it says instead. */
  readonly finishSeen: Readonly<Partial<Record<WireFinish, string>>>
}

const statuses: Readonly<Record<WireError, number>> = {
  'context-too-long': 400,
  filtered: 400,
  'no-credit': 400,
  'not-found': 404,
  overloaded: 529,
  'rate-limited': 429,
  'server-error': 500,
  'too-large': 413,
  unauthorized: 401,
}

/** The status of most providers. */
export const usualStatus = (error: WireError): number => statuses[error]
