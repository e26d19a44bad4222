import type { AnswerEnd, AnswerEvent } from '../answers/live-answer.ts'
import type { BegunTurn } from './chat-store.ts'

/** An event as clients get it, by SSE or WebSocket. */
export interface ClientEvent {
  /** `<messageId>.<characters so far>`: whoever sends the last one back gets what follows. */
  readonly id: string
  readonly event: 'start' | 'provider' | 'token' | 'done' | 'error'
  readonly data: Readonly<Record<string, unknown>>
}

/** The ids of a turn that an event names. */
export type EventTurn = Pick<BegunTurn, 'sessionId' | 'messageId'>

const idOf = (messageId: string, at: number): string => `${messageId}.${String(at)}`

function endEvent(turn: EventTurn, { problem, ...end }: AnswerEnd): Pick<ClientEvent, 'event' | 'data'> {
  const { state, finish, usage, retryAfterSeconds } = end
  const ids = { sessionId: turn.sessionId, messageId: turn.messageId, state, finish }
  if (!problem) return { event: 'done', data: { ...ids, usage } }
  const { type, title, status, detail } = problem
  return { event: 'error', data: { ...ids, type, title, status, detail, retryAfterSeconds } }
}

/** The first event of an answer, sent before any provider is asked. */
export const startEvent = (turn: EventTurn): ClientEvent => ({
  id: idOf(turn.messageId, 0),
  event: 'start',
  data: { sessionId: turn.sessionId, messageId: turn.messageId },
})

/** One step of an answer as clients get it. */
export function toClientEvent(turn: EventTurn, step: AnswerEvent): ClientEvent {
  const id = idOf(turn.messageId, step.at)
  if (step.type === 'token') return { id, event: 'token', data: { text: step.text } }
  if (step.type === 'end') return { id, ...endEvent(turn, step.end) }
  const { provider, model } = step.answerer
  return { id, event: 'provider', data: { provider, model, demo: provider === 'demo' } }
}

/**
 * How much of an answer a client has, by the last id that it got.
 *
 * @returns `undefined` when it has nothing, or names something else
 */
export function readPosition(messageId: string, lastEventId: string | undefined): number | undefined {
  const [id, at = ''] = lastEventId?.split('.') ?? []
  return id === messageId && /^\d{1,9}$/.test(at) ? Number(at) : undefined
}
