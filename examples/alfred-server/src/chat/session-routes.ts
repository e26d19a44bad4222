import { text } from '@alfred/input-validation'
import type { AlfredGuard } from '@alfred/prod-security'
import { type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { ScopeGate } from '../client-api-keys.ts'
import type { Owners } from '../owners/owners.ts'
import type { ChatStore } from './chat-store.ts'
import { toMarkdown } from './export-conversation.ts'
import { SessionNotFoundError } from './not-found.ts'
import type { SessionStore, SessionSummary } from './session-store.ts'

/** What the routes of conversations need. */
export interface SessionRoutesOptions {
  readonly sessions: SessionStore
  readonly store: Pick<ChatStore, 'messages'>
  readonly owners: Pick<Owners, 'find'>
  readonly guard: Pick<AlfredGuard, 'validate'>
  readonly requireScope: ScopeGate
}

/** How many messages an export holds. */
const exportLimit = 100_000

/** Names a conversation. */
export const sessionParams = z.strictObject({ id: z.uuid() })

/** Which conversations are listed. */
export const sessionListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  search: text({ maxLength: 200 }).optional(),
  after: z.string().max(120).optional(),
})

/** The new title of a conversation. */
export const renameBody = z.strictObject({ title: text({ maxLength: 200 }) })

/** As what a conversation is exported. */
export const exportQuery = z.strictObject({ format: z.enum(['json', 'markdown']).default('json') })

const notFound = (): SessionNotFoundError => new SessionNotFoundError('there is no such conversation')

/** The routes of conversations, to be mounted at `/api/alfred/sessions`. Another's is as one that does not exist. */
export function createSessionRoutes(options: SessionRoutesOptions): Router {
  const { sessions, store, owners, guard, requireScope } = options
  const router = Router()
  const byId = guard.validate({ params: sessionParams })
  const list = guard.validate({ query: sessionListQuery })
  const rename = guard.validate({ params: sessionParams, body: renameBody })
  const download = guard.validate({ params: sessionParams, query: exportQuery })

  const findSession = async (request: Request, id: string): Promise<SessionSummary> => {
    const owner = await owners.find(request)
    const session = owner === undefined ? undefined : await sessions.find(owner, id)
    if (!session) throw notFound()
    return session
  }

  router.get(
    '/',
    requireScope('chat:read'),
    list.handle(async (request: Request, response: Response) => {
      const owner = await owners.find(request)
      const page =
        owner === undefined ? { sessions: [] } : await sessions.list(owner, list.valid(request).query)
      response.json(page)
    }),
  )

  router.get(
    '/:id/messages',
    requireScope('chat:read'),
    byId.handle(async (request: Request, response: Response) => {
      const { id } = byId.valid(request).params
      await findSession(request, id)
      response.json({ sessionId: id, messages: await store.messages(id) })
    }),
  )

  router.get(
    '/:id/export',
    requireScope('chat:read'),
    download.handle(async (request: Request, response: Response) => {
      const {
        params: { id },
        query: { format },
      } = download.valid(request)
      const session = await findSession(request, id)
      const messages = await store.messages(id, exportLimit)
      const isMarkdown = format === 'markdown'
      response.attachment(`alfred-${id}.${isMarkdown ? 'md' : 'json'}`)
      if (isMarkdown) response.type('text/markdown').send(toMarkdown(session, messages))
      else response.json({ ...session, messages })
    }),
  )

  router.patch(
    '/:id',
    requireScope('chat:write'),
    rename.handle(async (request: Request, response: Response) => {
      const {
        params: { id },
        body: { title },
      } = rename.valid(request)
      const owner = await owners.find(request)
      if (owner === undefined || !(await sessions.rename(owner, id, title))) throw notFound()
      response.json({ id, title })
    }),
  )

  router.delete(
    '/:id',
    requireScope('chat:write'),
    byId.handle(async (request: Request, response: Response) => {
      const { id } = byId.valid(request).params
      const owner = await owners.find(request)
      if (owner === undefined || !(await sessions.remove(owner, id))) throw notFound()
      response.status(204).end()
    }),
  )

  return router
}
