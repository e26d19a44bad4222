import {
  AlfredError,
  compose,
  createErrorAnswer,
  type Middleware,
  type Problem,
  problemType,
  requestTarget,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import { type BodyRequest, hasBody } from '../body/guarded-body.ts'
import { isSignedBy, schemes } from './signatures.ts'
import { resolveWebhookGuardOptions, type WebhookGuardOptions } from './webhook-guard-options.ts'

type Endpoint = ReturnType<typeof resolveWebhookGuardOptions>['endpoints'][number]

/** Why a webhook was refused; the `code` member of the problem and of the event. */
type WebhookRefusalCode = 'signature-invalid' | 'signature-missing' | 'signature-stale'

const refusal = (code: WebhookRefusalCode, detail: string): Problem =>
  Object.freeze({
    type: problemType('webhook-not-signed'),
    status: 401,
    title: 'The webhook is not signed',
    detail,
    extensions: { code },
  })

/** The answer to each refusal. Nothing in it comes from the request. */
export const webhookRefusals: Readonly<Record<WebhookRefusalCode, Problem>> = Object.freeze({
  'signature-missing': refusal('signature-missing', 'The signature is missing or malformed.'),
  'signature-invalid': refusal('signature-invalid', 'The signature is not that of this body.'),
  'signature-stale': refusal('signature-stale', 'The signature is too old, or of the future.'),
})

const isAsSpecific = ({ specificity }: Endpoint, other: Endpoint): boolean =>
  specificity.every((count, index) => count === other.specificity[index])

const relativePath = (): AlfredError =>
  new AlfredError(
    'ALFRED_WEBHOOK_PATH_RELATIVE',
    'A path of webhooks.endpoints is relative to the mount of the webhook guard. Write the whole path, with the mount.',
    {},
  )

/** The bytes as they came: what the body guard kept, or what a parser of raw bodies left. */
function rawBodyOf(request: BodyRequest): Buffer {
  if (request.rawBody) return request.rawBody
  if (Buffer.isBuffer(request.body)) return request.body
  if (!hasBody(request)) return Buffer.alloc(0)
  throw new AlfredError(
    'ALFRED_WEBHOOK_BODY_NOT_KEPT',
    'The bytes of this webhook were not kept. Mount createBodyGuard({ rawBody }) in front of the webhook guard.',
    {},
  )
}

/**
 * Builds the middleware that lets webhooks pass only with the signature of their sender: Stripe, GitHub, Slack, and all that
 * follow Standard Webhooks, OpenAI's among them. Others get 401 `webhook-not-signed` with a `code`.
 *
 * Put it behind `createBodyGuard({ rawBody })` with the same paths, or behind `express.raw()` for every type. Paths
 * are whole, also behind a mount. Of paths inside each other the longest decides. A signature is good for `toleranceMs`; handlers of senders without a time, such as GitHub, compare delivery ids if a repetition does harm.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`) naming every refused option
 *
 * @example
 * ```ts
 * import { createBodyGuard, createWebhookGuard } from '@alfred/input-validation'
 * import express from 'express'
 *
 * const app = express()
 * app.use(createBodyGuard({ rawBody: '/webhooks' }))
 * app.use(
 *   createWebhookGuard({
 *     endpoints: [
 *       { path: '/webhooks/stripe', signature: 'stripe', secrets: [process.env['STRIPE_WEBHOOK_SECRET'] ?? ''] },
 *     ],
 *   }),
 * )
 * ```
 */
export function createWebhookGuard(options: WebhookGuardOptions): Middleware {
  const { endpoints, toleranceMs, clock, events, logger } = resolveWebhookGuardOptions(options)

  const judge = (request: BodyRequest, { signature, keys }: Endpoint): WebhookRefusalCode | undefined => {
    const signed = schemes[signature].read(request.headers)
    if (!signed) return 'signature-missing'
    if (!isSignedBy(keys, signed, rawBodyOf(request))) return 'signature-invalid'
    const { timestamp } = signed
    const isStale = timestamp !== undefined && Math.abs(clock.now() - timestamp * 1000) > toleranceMs
    return isStale ? 'signature-stale' : undefined
  }

  /** Senders may share a path, and one of them must have signed; a path below it is that of its own senders alone. */
  const judgeAll = (request: BodyRequest): WebhookRefusalCode | undefined => {
    const first = endpoints.find(({ matches }) => matches(request))
    if (!first) {
      if (matchesBelowMount(request)) throw relativePath()
      return undefined
    }
    let code: WebhookRefusalCode | undefined
    for (const endpoint of endpoints) {
      if (!isAsSpecific(endpoint, first) || !endpoint.matches(request)) continue
      code = judge(request, endpoint)
      if (code === undefined) return undefined
    }
    return code
  }

  /** A path that is relative to a mount matches nothing, and would let every webhook pass. */
  const matchesBelowMount = (request: BodyRequest): boolean => {
    if (requestTarget(request) === request.url) return false
    const below = Object.create(request, { originalUrl: { value: request.url } }) as BodyRequest
    return endpoints.some(({ matches }) => matches(below))
  }

  const guard: Middleware = withCheckedTarget((request: BodyRequest, response, next) => {
    const code = judgeAll(request)
    if (code === undefined) {
      next()
      return
    }
    events?.emit('validation.rejected', { status: 401, code })
    logger.debug({ status: 401, code }, 'a webhook was refused')
    response.setHeader('WWW-Authenticate', 'Signature')
    sendProblem(request, response, webhookRefusals[code])
  })
  return compose([guard], createErrorAnswer(logger))
}
