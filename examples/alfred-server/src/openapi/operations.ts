import type { z } from 'zod'
import { answerParams, usageQuery } from '../chat/chat-routes.ts'
import { questionSchema } from '../chat/question-schema.ts'
import { exportQuery, renameBody, sessionListQuery, sessionParams } from '../chat/session-routes.ts'
import type { Scope } from '../client-api-keys.ts'
import type { ProviderName } from '../providers/chat-provider.ts'
import { newTemplateBody, renderBody, templateParams } from '../templates/template-routes.ts'
import {
  chatAnswer,
  conversation,
  exportedConversation,
  providerList,
  renamedSession,
  renderedTemplate,
  sessionPage,
  stoppedMessage,
  template,
  templateList,
  usageReport,
} from './answer-schemas.ts'

/** What a route takes and answers; the schemas of requests are those that the route validates with. */
export interface Operation {
  readonly summary: string
  /** What an API key must be allowed; `undefined` where any may. */
  readonly scope?: Scope | undefined
  readonly params?: z.ZodObject | undefined
  readonly query?: z.ZodObject | undefined
  readonly body?: z.ZodType | undefined
  /** The status of success, with its content by media type; nothing for an empty answer. */
  readonly answer: readonly [status: number, content?: Readonly<Record<string, z.ZodType | 'text'>>]
  /** Headers that are read besides those of HTTP. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const json = (schema: z.ZodType): Readonly<Record<string, z.ZodType>> => ({ 'application/json': schema })

/** Every route of the API, below its mount. A test holds it against the router. */
export const operations = (providers: readonly ProviderName[]): Readonly<Record<string, Operation>> => ({
  'POST /chat': {
    summary: 'Asks; with Accept: text/event-stream the answer comes as events',
    scope: 'chat:write',
    body: questionSchema(providers),
    answer: [200, { 'application/json': chatAnswer, 'text/event-stream': 'text' }],
  },
  'GET /messages/:id/events': {
    summary: 'Follows an answer as events',
    scope: 'chat:read',
    params: answerParams,
    headers: { 'Last-Event-ID': 'The last event that the client has' },
    answer: [200, { 'text/event-stream': 'text' }],
  },
  'POST /messages/:id/stop': {
    summary: 'Stops an answer',
    scope: 'chat:write',
    params: answerParams,
    answer: [202, json(stoppedMessage)],
  },
  'GET /usage': {
    summary: 'Lists what the owner used, by day, provider and model',
    scope: 'chat:read',
    query: usageQuery,
    answer: [200, json(usageReport)],
  },
  'GET /providers': { summary: 'Lists who answers, in their order', answer: [200, json(providerList)] },
  'GET /sessions': {
    summary: 'Lists conversations, the ones used last first',
    scope: 'chat:read',
    query: sessionListQuery,
    answer: [200, json(sessionPage)],
  },
  'GET /sessions/:id/messages': {
    summary: 'Lists the last messages of a conversation',
    scope: 'chat:read',
    params: sessionParams,
    answer: [200, json(conversation)],
  },
  'GET /sessions/:id/export': {
    summary: 'A conversation as a file',
    scope: 'chat:read',
    params: sessionParams,
    query: exportQuery,
    answer: [200, { 'application/json': exportedConversation, 'text/markdown': 'text' }],
  },
  'PATCH /sessions/:id': {
    summary: 'Renames a conversation',
    scope: 'chat:write',
    params: sessionParams,
    body: renameBody,
    answer: [200, json(renamedSession)],
  },
  'DELETE /sessions/:id': {
    summary: 'Removes a conversation',
    scope: 'chat:write',
    params: sessionParams,
    answer: [204],
  },
  'GET /templates': {
    summary: 'Lists templates, the newest first',
    scope: 'templates:read',
    answer: [200, json(templateList)],
  },
  'POST /templates': {
    summary: 'Adds a template',
    scope: 'templates:write',
    body: newTemplateBody,
    answer: [201, json(template)],
  },
  'DELETE /templates/:id': {
    summary: 'Removes a template',
    scope: 'templates:write',
    params: templateParams,
    answer: [204],
  },
  'POST /templates/:id/render': {
    summary: 'Fills in the placeholders of a template: all of them, and no others',
    scope: 'templates:read',
    params: templateParams,
    body: renderBody,
    answer: [200, json(renderedTemplate)],
  },
})
