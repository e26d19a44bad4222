import { type Clock, systemClock } from '@alfred/core'
import { identifier, renderTemplate, templateContent, text } from '@alfred/input-validation'
import type { AlfredMetrics } from '@alfred/metrics'
import type { AlfredGuard } from '@alfred/prod-security'
import { type NextFunction, type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { ScopeGate } from '../client-api-keys.ts'
import type { Owners } from '../owners/owners.ts'
import { TemplateNotFoundError } from '../problems.ts'
import { placeholderName, type Template } from './template.ts'
import type { TemplateStore } from './template-store.ts'

/** Names a template. */
export const templateParams = z.strictObject({ id: z.uuid() })

/** A new template. */
export const newTemplateBody = z.strictObject({
  name: identifier({ characters: 'words', maxLength: 200 }),
  content: templateContent(),
  placeholders: z.array(z.string().regex(placeholderName)).max(50).default([]),
})

const value = text({ maxLength: 10_000 })

/** The values of any template's placeholders, for the description of the API. */
export const renderBody = z.strictObject({ values: z.record(z.string(), value) })

/** The values of one template's placeholders: all of them and no others. */
const valuesBody = ({ placeholders }: Template) =>
  z.strictObject({
    values: z.strictObject(Object.fromEntries(placeholders.map((name) => [name, value]))),
  })

const notFound = (): TemplateNotFoundError => new TemplateNotFoundError('there is no such template')

/** What the templates' routes need. */
export interface TemplateRoutesOptions {
  readonly store: TemplateStore
  readonly owners: Owners
  readonly metrics: AlfredMetrics
  /** Validates the requests and traces what they do. */
  readonly guard: Pick<AlfredGuard, 'tracing' | 'validate'>
  /** Keeps clients out whose API key may not do this. */
  readonly requireScope: ScopeGate
  readonly clock?: Clock | undefined
}

/** The templates' routes, to be mounted at `/api/alfred/templates`. */
export function createTemplateRoutes({
  store,
  owners,
  metrics,
  guard,
  requireScope,
  clock = systemClock,
}: TemplateRoutesOptions): Router {
  const newTemplate = guard.validate({ body: newTemplateBody })
  const templateId = guard.validate({ params: templateParams })
  const router = Router()

  router.get('/', requireScope('templates:read'), async (request, response) => {
    const owner = await owners.find(request)
    response.json({ templates: owner === undefined ? [] : await store.list(owner) })
  })

  router.post(
    '/',
    requireScope('templates:write'),
    newTemplate.handle(async (request: Request, response: Response) => {
      const owner = await owners.findOrWelcome(request, response)
      response.status(201).json(await store.add(owner, newTemplate.valid(request).body))
    }),
  )

  router.delete(
    '/:id',
    requireScope('templates:write'),
    templateId.handle(async (request: Request, response: Response) => {
      const owner = await owners.find(request)
      const { id } = templateId.valid(request).params
      if (owner === undefined || !(await store.remove(owner, id))) throw notFound()
      response.status(204).end()
    }),
  )

  router.post(
    '/:id/render',
    requireScope('templates:read'),
    templateId,
    async (request: Request, response: Response, next: NextFunction) => {
      const owner = await owners.find(request)
      const { id } = templateId.valid(request).params
      const template = owner === undefined ? undefined : await store.find(owner, id)
      if (!template) throw notFound()
      const values = guard.validate({ body: valuesBody(template) })
      values.handle(() => {
        const startedAt = clock.monotonicMs()
        const filled = values.valid(request).body.values
        const rendered = guard.tracing.traceTemplateGeneration(
          { templateId: template.id, variableCount: template.placeholders.length },
          () => renderTemplate(template.content, filled),
        )
        metrics.trackTemplateGenerated(clock.monotonicMs() - startedAt)
        response.json({ text: rendered })
      })(request, response, next)
    },
  )

  return router
}
