import type { IncomingMessage, RequestListener } from 'node:http'
import {
  compose,
  createClientAddressResolver,
  type Middleware,
  option,
  readOptions,
  reportMisplaced,
} from '@alfred/core'
import { createUpload, type RequestSchemas, type UploadOptions, validate } from '@alfred/input-validation'
import { createCors } from '@alfred/security-headers'
import { type DrainableServer, drainOnSignals, type HardenableServer } from '@alfred/server'
import type { AlfredConfig, IdentifyAnswer } from './config/alfred-config.ts'
import type { AlfredGuard, GuardDrainOptions, ListenOptions } from './alfred-guard.ts'
import { buildLayers } from './build-layers.ts'
import { createErrorHandler } from './errors/error-handler.ts'
import { layerCloseTimeoutMs } from './layers/close-layers.ts'
import { type Placed, positions } from './layers/layer-definition.ts'
import { offerLayers } from './layers/offer-layers.ts'
import { createIdentification } from './request/identification.ts'
import { listen, type ListeningGuard } from './listen.ts'
import { notFoundHandler } from './errors/not-found-handler.ts'
import { oncePerPath } from './request/once-per-path.ts'
import { refuseUpgrades } from './request/refuse-upgrades.ts'
import { createRequestId } from './request/request-id.ts'

/** How long the guard may take to close in a drain: one layer that hangs keeps no other from closing. */
const closeTimeoutMs = 2 * layerCloseTimeoutMs

/**
 * Builds the production hardening of a server as one middleware. Every layer is on unless the configuration
 * says `false`, except those that cannot guess what you need: `clientKeys`, `cors`, `cspReports`,
 * `loadShedding`, `html`, `markdown`, `vault` and `alerting`.
 *
 * The order is fixed: request id, headers, request target and host, trace context, metrics timer, CORS, probes and `/metrics`, CSRF,
 * load shedding, denied and banned addresses, API keys, rate limiting, limits of URL and header, body guard; then
 * your routes, with {@link AlfredGuard.validate} and
 * {@link AlfredGuard.errorHandler}. Requests count before their body is parsed.
 *
 * @throws `AlfredConfigError` naming every problem of every layer at once
 *
 * @example
 * ```ts
 * import { alfredHardening } from '@alfred/prod-security'
 * import express from 'express'
 *
 * const guard = alfredHardening({ cors: { origin: ['https://app.example.com'] } })
 * const app = express()
 * app.use(guard)
 * app.get('/api/hello', (_request, response) => response.json({ hello: 'world' }))
 * app.use(guard.notFoundHandler, guard.errorHandler)
 * await guard.listen(app, 3000)
 * ```
 */
export function alfredHardening(config: AlfredConfig = {}): AlfredGuard {
  const { shared, life, head, proxy, built, placed } = buildLayers(config)
  const { trustProxy, publicOrigins, logger, clock, events } = shared
  const { alerting, health } = built
  const upgrades = built.cors ?? createCors({ origin: [], trustProxy, publicOrigins, logger, events })

  const errorHandler = createErrorHandler(logger, (error, request) => {
    alerting?.errorTracker.capture(error, { request })
    return shared.onError?.(error, request)
  })
  const everyRequest: Placed = {
    'request id': createRequestId(createClientAddressResolver(trustProxy)),
    'headers, request target and host': head.middleware,
    // The limiter's own stands here when it is on.
    'denied and banned addresses': proxy.middleware,
    ...(shared.identify && { 'the user': createIdentification(shared.identify, logger) }),
  }
  const stack = compose(
    positions
      .map((position) => placed.get(position) ?? everyRequest[position])
      .filter((middleware) => middleware !== undefined),
    // Reached on plain node:http alone, where nobody takes errors.
    (error, request, response) => {
      errorHandler(error, request, response, () => undefined)
    },
  )
  // On an application and on its routers: the request has passed already.
  const middleware: Middleware = oncePerPath(stack)
  offerLayers(middleware, built)
  const server: ListeningGuard = {
    ready: () => life.ready(),
    close: () => life.close(),
    hardenServer<S extends HardenableServer>(hardened: S): S {
      refuseUpgrades(hardened, (request) => head.accepts(request))
      return built.server?.(hardened) ?? hardened
    },
    drainOnSignals(drained: DrainableServer, options?: GuardDrainOptions) {
      refuseGiven(options)
      const drain = drainOnSignals(drained, { ...options, health, clock, events, logger })
      drain.addHook({ name: 'guard', close: () => life.close(), timeoutMs: closeTimeoutMs })
      return drain
    },
  }
  return Object.assign(middleware, {
    ...life,
    ...server,
    events,
    notFoundHandler,
    errorHandler,
    validate: <S extends RequestSchemas>(schemas: S) => validate(schemas, { events, logger, clock }),
    upload: (options: UploadOptions) => createUpload({ ...options, events, logger, clock }),
    identified: (identify?: (request: never) => IdentifyAnswer) =>
      createIdentification(readIdentify(identify ?? shared.identify), logger),
    limit: (...names: readonly [string, ...string[]]) => middleware.rateLimit.limit(...names),
    listen: (app: RequestListener, port: number, options?: ListenOptions) =>
      listen(server, app, port, options),
    check: () => proxy.check(),
    checkUpgrade: (request: IncomingMessage) => upgrades.checkUpgrade(request),
  })
}

/** @throws `AlfredConfigError` where there is none, or an async one */
const readIdentify = (identify: unknown): NonNullable<AlfredConfig['identify']> =>
  readOptions(
    'guard.identified(identify)',
    identify,
    option.syncFunction<NonNullable<AlfredConfig['identify']>>(),
  )

/** @throws `AlfredConfigError` naming each option that the guard gives the drain itself */
function refuseGiven(options: unknown): void {
  readOptions('drainOnSignals', options, (value, report) => {
    reportMisplaced(
      value,
      ['clock', 'events', 'logger'],
      'at the top of the configuration of alfredHardening',
      report,
    )
    reportMisplaced(value, ['health'], 'to the guard: configure it as health of alfredHardening', report)
    return true
  })
}
