import {
  type Clock,
  type Problem,
  problemType,
  requestContext,
  systemClock,
  whenFinished,
} from '@alfred/core'
import { chatMessage } from '@alfred/input-validation'
import type { AlfredMetrics, UsageMetrics } from '@alfred/metrics'
import type { AlfredGuard } from '@alfred/prod-security'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { ScopeGate } from '../client-api-keys.ts'
import { problemOf } from '../problems.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import { type Chat, type ChatAnswer, SessionNotFoundError } from './chat.ts'
import type { ChatStore } from './chat-store.ts'
import { beginEventStream } from './event-stream.ts'
import { metered, type TokenBudget } from './token-budget.ts'

/** What the chat's routes need. */
export interface ChatRoutesOptions {
  readonly chat: Chat
  readonly store: ChatStore
  readonly metrics: AlfredMetrics
  /** Counts answers by client. */
  readonly usage: Pick<UsageMetrics, 'record'>
  /** Validates the requests. */
  readonly guard: Pick<AlfredGuard, 'validate'>
  readonly budget: TokenBudget
  /** Keeps clients out whose API key may not do this. */
  readonly requireScope: ScopeGate
  /** The configured providers, in the order in which they are asked. */
  readonly providers: readonly ProviderName[]
  readonly clock?: Clock | undefined
}

/** The last event of a stream that a bug ended. */
const internalError: Problem = {
  type: problemType('internal-error'),
  status: 500,
  title: 'Internal Server Error',
}

/** Clients with an API key are told apart. People are not: their ids do not belong into a metric. */
function tenantOf(request: Request): string {
  const { identity } = requestContext(request)
  return identity?.kind === 'api-key' ? identity.id : 'anonymous'
}

async function sendAnswer(response: Response, answer: ChatAnswer): Promise<void> {
  let content = ''
  for await (const token of answer.tokens) content += token
  const { sessionId, messageId, provider, model } = answer
  response.json({
    sessionId,
    message: { id: messageId, role: 'assistant', content },
    provider,
    model,
    demo: provider === 'demo',
    usage: answer.usage(),
  })
}

async function streamAnswer(
  request: Request,
  response: Response,
  answer: ChatAnswer,
  clock: Clock,
): Promise<void> {
  const { sessionId, messageId, provider, model } = answer
  const events = beginEventStream(request, response, messageId, clock)
  await events.send('start', { sessionId, messageId, provider, model, demo: provider === 'demo' })
  try {
    for await (const text of answer.tokens) await events.send('token', { text })
    await events.send('done', { sessionId, messageId, usage: answer.usage() })
  } catch (error) {
    // The status went out with the first token; the last event says how it ended.
    const problem = problemOf(error)
    const { type, title, status, detail } = problem ?? internalError
    if (!response.destroyed) await events.send('error', { type, title, status, detail })
    if (!problem) throw error
  } finally {
    events.end()
  }
}

/**
 * The chat's routes, to be mounted at `/api/alfred`.
 *
 * Who may read a conversation is whoever knows its id, 122 random bits that only the server makes up:
 * Alfred has no accounts. API keys say what a client may do, not whose a conversation is.
 */
export function createChatRoutes({
  chat,
  store,
  metrics,
  usage,
  guard,
  budget,
  requireScope,
  providers,
  clock = systemClock,
}: ChatRoutesOptions): Router {
  const router = Router()
  const sessionId = z.uuid()
  const question = guard.validate({
    body: z.strictObject({
      message: chatMessage(),
      sessionId: sessionId.optional(),
      provider: z.enum(providers).optional(),
    }),
  })

  router.post(
    '/chat',
    requireScope('chat:write'),
    question.handle(async (request: Request, response: Response) => {
      const left = new AbortController()
      metrics.activeSessions.inc()
      whenFinished(response, () => {
        metrics.activeSessions.dec()
        left.abort()
      })
      const askedAt = clock.monotonicMs()
      const { body } = question.valid(request)
      const reservation = await budget.reserve(request, response, body.message)
      if (!reservation.allowed) {
        reservation.deny(request, response)
        return
      }
      try {
        const answer = metered(await chat.ask(body, left.signal), reservation)
        response.vary('Accept')
        const wantsEvents = request.accepts(['application/json', 'text/event-stream']) === 'text/event-stream'
        if (wantsEvents) await streamAnswer(request, response, answer, clock)
        else await sendAnswer(response, answer)
        metrics.trackChatMessage()
        usage.record(tenantOf(request), answer.usage())
        metrics.observeAiResponse(answer.provider, clock.monotonicMs() - askedAt)
      } finally {
        await reservation.refund()
      }
    }),
  )

  const session = guard.validate({ params: z.strictObject({ id: sessionId }) })
  router.get(
    '/sessions/:id/messages',
    requireScope('chat:read'),
    session.handle(async (request: Request, response: Response) => {
      const { id } = session.valid(request).params
      const messages = await store.messages(id)
      if (!messages) throw new SessionNotFoundError('there is no such conversation')
      response.json({ sessionId: id, messages })
    }),
  )

  router.get('/providers', (_request, response) => {
    response.json({ providers, demo: providers.includes('demo') })
  })

  return router
}
