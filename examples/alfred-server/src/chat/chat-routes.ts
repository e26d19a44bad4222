import { type Clock, systemClock, whenFinished } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Answers } from '../answers/answers.ts'
import type { Budget } from '../budget/budget.ts'
import type { SettleAnswer } from '../budget/settle-answer.ts'
import type { ScopeGate } from '../client-api-keys.ts'
import type { Owners } from '../owners/owners.ts'
import { payerOf } from '../owners/payer.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import { readPosition } from './answer-events.ts'
import type { Chat } from './chat.ts'
import { streamAnswer } from './event-stream.ts'
import { MessageNotFoundError } from './not-found.ts'
import { questionSchema } from './question-schema.ts'
import { tellWhatIsLeft, tenantOf } from './token-budget.ts'
import { wholeAnswer } from './whole-answer.ts'

/** What the chat's routes need. */
export interface ChatRoutesOptions {
  readonly chat: Chat
  readonly answers: Pick<Answers, 'follow' | 'stop'>
  readonly owners: Owners
  /** Validates the requests. */
  readonly guard: Pick<AlfredGuard, 'validate'>
  readonly settle: SettleAnswer
  readonly budget: Pick<Budget, 'usage'>
  /** Keeps clients out whose API key may not do this. */
  readonly requireScope: ScopeGate
  /** The configured providers, in the order in which they are asked. */
  readonly providers: readonly ProviderName[]
  readonly clock?: Clock | undefined
}

/** Names an answer. */
export const answerParams = z.strictObject({ id: z.uuid() })

/** Which days of usage are listed. */
export const usageQuery = z.strictObject({ since: z.iso.date().default('2000-01-01') })

/** Aborts when the client has what it asked for, or is gone. */
function untilFinished(response: Response): AbortSignal {
  const finished = new AbortController()
  whenFinished(response, () => {
    finished.abort()
  })
  return finished.signal
}

/** The chat's routes, to be mounted at `/api/alfred`. Another's answer is as one that does not exist. */
export function createChatRoutes({
  chat,
  answers,
  owners,
  guard,
  settle,
  budget,
  requireScope,
  providers,
  clock = systemClock,
}: ChatRoutesOptions): Router {
  const router = Router()
  const question = guard.validate({ body: questionSchema(providers) })

  router.post(
    '/chat',
    requireScope('chat:write'),
    question.handle(async (request: Request, response: Response) => {
      const signal = untilFinished(response)
      const { body } = question.valid(request)
      const owner = await owners.findOrWelcome(request, response)
      const tenant = tenantOf(request)
      const turn = await chat.ask({ ...body, owner, payer: payerOf(request, owner) }, (report) =>
        settle(tenant, report),
      )
      if (turn.left) tellWhatIsLeft(response, turn.left)
      response.vary('Accept')
      const wantsEvents = request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream'
      if (wantsEvents) {
        await streamAnswer(request, response, turn, { from: undefined, signal, clock })
        return
      }
      const answer = await wholeAnswer(turn, signal)
      if (answer) response.json(answer)
    }),
  )

  const byId = guard.validate({ params: answerParams })

  router.get(
    '/messages/:id/events',
    requireScope('chat:read'),
    byId.handle(async (request: Request, response: Response) => {
      const { id } = byId.valid(request).params
      const owner = await owners.find(request)
      using followed = owner === undefined ? undefined : await answers.follow(owner, id)
      if (!followed) throw new MessageNotFoundError('there is no such answer')
      const from = readPosition(id, request.get('last-event-id'))
      const { sessionId, live } = followed
      const signal = untilFinished(response)
      await streamAnswer(request, response, { sessionId, messageId: id, live }, { from, signal, clock })
    }),
  )

  router.post(
    '/messages/:id/stop',
    requireScope('chat:write'),
    byId.handle(async (request: Request, response: Response) => {
      const { id } = byId.valid(request).params
      const owner = await owners.find(request)
      if (owner === undefined || !(await answers.stop(owner, id))) {
        throw new MessageNotFoundError('there is no such answer')
      }
      response.status(202).json({ messageId: id })
    }),
  )

  const period = guard.validate({ query: usageQuery })
  router.get(
    '/usage',
    requireScope('chat:read'),
    period.handle(async (request: Request, response: Response) => {
      const owner = await owners.find(request)
      const { since } = period.valid(request).query
      response.json({ usage: owner === undefined ? [] : await budget.usage(owner, since) })
    }),
  )

  router.get('/providers', (_request, response) => {
    response.json({ providers, demo: providers.includes('demo') })
  })

  return router
}
