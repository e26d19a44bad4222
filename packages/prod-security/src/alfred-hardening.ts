import { compose, createClientAddressResolver, readOptions, reportMisplaced } from '@alfred/core'
import { type RequestSchemas, validate } from '@alfred/input-validation'
import {
  type DrainableServer,
  drainOnSignals,
  type DrainOnSignalsOptions,
  type HardenableServer,
} from '@alfred/server'
import type { AlfredConfig } from './config/alfred-config.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { buildLayers } from './build-layers.ts'
import { createErrorHandler } from './errors/error-handler.ts'
import { createIdentification } from './request/identification.ts'
import { layerOrThrow } from './layer-or-throw.ts'
import { notFoundHandler } from './errors/not-found-handler.ts'
import { oncePerPath } from './request/once-per-path.ts'
import { refuseUpgrades } from './request/refuse-upgrades.ts'
import { createRequestId } from './request/request-id.ts'

/** How long the layers may take to close: longer than reports and alerts take that wait for a sink. */
const closeTimeoutMs = 5000

/** The keys of the configuration that layers of other names are switched on with. */
const switches: Readonly<Record<string, keyof AlfredConfig>> = {
  rateLimiter: 'rateLimit',
  loadShedder: 'loadShedding',
}

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
 * const guard = alfredHardening({ cors: { origin: ['https://app.example.com'] }, trustProxy: 1 })
 * const app = express()
 * app.use(guard)
 * app.get('/api/hello', (_request, response) => response.json({ hello: 'world' }))
 * app.use(guard.notFoundHandler, guard.errorHandler)
 * app.listen(3000)
 * ```
 */
export function alfredHardening(config: AlfredConfig = {}): AlfredGuard {
  const layers = buildLayers(config)
  const { shared, life, proxy, offered } = layers
  const { cors, rateLimiter, loadShedder, clientKeys, health, metrics, tracing, alerting } = offered
  const { trustProxy, logger, clock, events } = shared

  const errorHandler = createErrorHandler(logger, (error, request) => {
    alerting?.errorTracker.capture(error, { request })
    return shared.onError?.(error, request)
  })
  const stack = compose(
    [
      createRequestId(createClientAddressResolver(trustProxy)),
      layers.head.middleware,
      tracing?.middleware,
      metrics?.middleware,
      cors,
      health?.middleware,
      metrics?.endpoint,
      layers.cspReports,
      layers.crossSite,
      loadShedder?.middleware,
      rateLimiter ? rateLimiter.addressMiddleware : proxy.middleware,
      shared.identify && createIdentification(shared.identify, logger),
      clientKeys?.authenticate(),
      rateLimiter?.middleware,
      layers.requestLimits,
      layers.bodyGuard,
    ].filter((layer) => layer !== undefined),
    // Reached on plain node:http alone, where nobody takes errors.
    (error, request, response) => {
      errorHandler(error, request, response, () => undefined)
    },
  )
  // On an application and on its routers: the request has passed already.
  const middleware = oncePerPath(stack)

  // Assigned one by one where reading must throw: Object.assign would read the getters.
  for (const [key, layer] of Object.entries(offered)) {
    Object.defineProperty(middleware, key, {
      enumerable: true,
      get: () => layerOrThrow<unknown>(layer, switches[key] ?? (key as keyof AlfredConfig)),
    })
  }
  return Object.assign(middleware, {
    ...life,
    events,
    notFoundHandler,
    errorHandler,
    validate: (schemas: RequestSchemas) => validate(schemas, { events, logger, clock }),
    check: () => proxy.check(),
    hardenServer<S extends HardenableServer>(server: S): S {
      refuseUpgrades(server, (request) => layers.head.accepts(request))
      return layers.harden?.(server) ?? server
    },
    drainOnSignals(server: DrainableServer, options?: DrainOnSignalsOptions) {
      refuseGiven(options)
      const drain = drainOnSignals(server, { ...options, health, clock, events, logger })
      drain.addHook({ name: 'guard', close: () => life.close(), timeoutMs: closeTimeoutMs })
      return drain
    },
  }) as AlfredGuard
}

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
