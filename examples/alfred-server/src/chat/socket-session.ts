import type { AlfredGuard } from '@alfred/prod-security'
import type { Problem } from '@alfred/core'
import type { Request } from 'express'
import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'
import type { Answers } from '../answers/answers.ts'
import type { LiveAnswer } from '../answers/live-answer.ts'
import { problemOf, retryAfterSeconds } from '../problems.ts'
import type { SettleAnswer } from '../budget/settle-answer.ts'
import type { Owner } from '../owners/owners.ts'
import { payerOf } from '../owners/payer.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import { type ClientEvent, type EventTurn, readPosition, startEvent, toClientEvent } from './answer-events.ts'
import type { Chat } from './chat.ts'
import { MessageNotFoundError } from './not-found.ts'
import { questionSchema } from './question-schema.ts'
import { tenantOf } from './token-budget.ts'

/** What a session of a WebSocket needs. */
export interface SocketSessionOptions {
  readonly chat: Chat
  readonly answers: Pick<Answers, 'follow' | 'stop'>
  readonly settle: SettleAnswer
  readonly guard: Pick<AlfredGuard, 'rateLimit'>
  readonly providers: readonly ProviderName[]
  /** The request that opened the WebSocket: it says who asks. */
  readonly request: Request
  readonly owner: Owner
}

/** The conversation over one WebSocket. */
export interface SocketSession {
  /** Does what a message asks for. */
  readonly take: (data: RawData) => Promise<void>
  /** Whether an answer is on its way. */
  readonly isBusy: () => boolean
  readonly end: () => void
}

/** Answers that one WebSocket may read at a time. */
const maxAnswers = 10

const invalidMessage: Problem = {
  type: 'urn:alfred:problem:validation-failed',
  title: 'The message does not fit the expected form',
  status: 422,
}

const tooMany: Problem = {
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  title: 'Too many messages',
  status: 429,
}

const internalError: Problem = {
  type: 'urn:alfred:problem:internal-error',
  title: 'Internal Server Error',
  status: 500,
}

const messageSchema = (providers: readonly ProviderName[]) =>
  z.discriminatedUnion('type', [
    questionSchema(providers).extend({ type: z.literal('ask') }),
    z.strictObject({
      type: z.literal('resume'),
      messageId: z.uuid(),
      lastEventId: z.string().max(60).optional(),
    }),
    z.strictObject({ type: z.literal('stop'), messageId: z.uuid() }),
  ])

const noSuchAnswer = (): MessageNotFoundError => new MessageNotFoundError('there is no such answer')

type Message = z.infer<ReturnType<typeof messageSchema>>

function parse(data: RawData): unknown {
  try {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Serves one WebSocket: its messages are `ask`, `resume` and `stop`, and it gets the events of SSE as JSON. */
export function createSocketSession(
  client: WebSocket,
  { chat, answers, settle, guard, providers, request, owner }: SocketSessionOptions,
): SocketSession {
  const schema = messageSchema(providers)
  const left = new AbortController()
  let reading = 0

  /** Resolves when the event was handed to the operating system, so that a slow client slows its reading down. */
  const send = (event: Omit<ClientEvent, 'id'> & { readonly id?: string }): Promise<void> =>
    new Promise((resolve) => {
      client.send(JSON.stringify(event), () => {
        resolve()
      })
    })

  const refuse = (problem: Problem, retryAfter?: number): Promise<void> =>
    send({ event: 'error', data: { ...problem, retryAfterSeconds: retryAfter } })

  const stream = async (turn: EventTurn, live: LiveAnswer, from: number | undefined): Promise<void> => {
    if (from === undefined) await send(startEvent(turn))
    for await (const step of live.read(from, left.signal)) await send(toClientEvent(turn, step))
  }

  const ask = async (question: Extract<Message, { type: 'ask' }>): Promise<void> => {
    const turnstile = await guard.rateLimit.reserve(request, { policy: 'chat', cost: 1 })
    if (!turnstile.allowed) return refuse(tooMany, Math.ceil(turnstile.retryAfterMs / 1000))
    await turnstile.settle(1)
    const tenant = tenantOf(request)
    const answer = await chat.ask({ ...question, owner, payer: payerOf(request, owner) }, (report) =>
      settle(tenant, report),
    )
    await stream(answer, answer.live, undefined)
  }

  const resume = async ({ messageId, lastEventId }: Extract<Message, { type: 'resume' }>): Promise<void> => {
    using followed = await answers.follow(owner, messageId)
    if (!followed) throw noSuchAnswer()
    const turn = { sessionId: followed.sessionId, messageId }
    await stream(turn, followed.live, readPosition(messageId, lastEventId))
  }

  const perform = async (message: Message): Promise<void> => {
    if (message.type === 'ask') await ask(message)
    else if (message.type === 'resume') await resume(message)
    else if (!(await answers.stop(owner, message.messageId))) throw noSuchAnswer()
  }

  return {
    async take(data) {
      const { success, data: message } = schema.safeParse(parse(data))
      if (!success) return refuse(invalidMessage)
      if (reading >= maxAnswers) return refuse(tooMany)
      reading += 1
      try {
        await perform(message)
      } catch (error) {
        await refuse(problemOf(error) ?? internalError, retryAfterSeconds(error))
        if (!problemOf(error)) throw error
      } finally {
        reading -= 1
      }
    },
    isBusy: () => reading > 0,
    end: () => {
      left.abort()
    },
  }
}
