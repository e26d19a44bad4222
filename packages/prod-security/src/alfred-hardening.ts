import { createAlerting } from '@alfred/alerting'
import {
  AlfredConfigError,
  collectConfigProblems,
  compose,
  type ConfigProblem,
  createEventBus,
  type Lifecycle,
  lifecycle,
  type Middleware,
  noopLogger,
  readOptions,
  requestContext,
  systemClock,
} from '@alfred/core'
import {
  createHealth,
  type DrainableServer,
  drainOnSignals,
  type DrainOnSignalsOptions,
  type HealthCheck,
} from '@alfred/health'
import {
  createBodyGuard,
  createHtmlSanitizer,
  createMarkdownRenderer,
  createRequestLimits,
  type RequestSchemas,
  validate,
} from '@alfred/input-validation'
import { type ClientKeys, createClientKeys, createKeyVault, type KeyVault } from '@alfred/key-vault'
import { createMetrics, createOperationsMetrics } from '@alfred/metrics'
import {
  createLoadShedder,
  createRateLimiter,
  createRedisStore,
  createServerHardening,
  type HardenableServer,
  type RateLimiter,
} from '@alfred/rate-limit'
import {
  type AllowedOrigin,
  createCors,
  createCspReports,
  createCsrf,
  createSecurityHeaders,
  type TrustedOrigin,
} from '@alfred/security-headers'
import { createTracing } from '@alfred/tracing'
import type { AlfredConfig } from './alfred-config.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { configRule, type SharedConfig } from './config-rule.ts'
import { createErrorHandler } from './error-handler.ts'
import { exposedHeaders } from './exposed-headers.ts'
import { layerOrThrow } from './layer-or-throw.ts'
import { createProxyObserver, warnOfProxy } from './proxy-observer.ts'
import { notFoundHandler } from './not-found-handler.ts'
import { createRequestId } from './request-id.ts'

/** How long the layers may take to close: longer than reports and alerts take that wait for a sink. */
const closeTimeoutMs = 5000

/** Puts `identify`'s answer on the request, where limits per user find it. */
const createIdentification =
  (identify: NonNullable<AlfredConfig['identify']>): Middleware =>
  (request, _response, next) => {
    const id = identify(request)
    if (id !== undefined) requestContext(request).identity = { kind: 'user', id }
    next()
  }

const storeIsRemote = (config: AlfredConfig['rateLimit']): boolean =>
  typeof config === 'object' && (config.redis !== undefined || config.store !== undefined)

/**
 * Holds the readiness probe back until the store has answered once, then shows in `/healthz` alone: an
 * instance whose store is away still serves, as its policies say, and so do all the others.
 */
const rateLimitStoreCheck = (limiter: RateLimiter): HealthCheck => ({
  name: 'rate-limit-store',
  kind: 'datastore',
  groups: ['startup', 'health'],
  intervalMs: 1000,
  check: () => limiter.ping(),
})

const keyReadings = (vault: KeyVault) =>
  Object.entries(vault.report()).map(([provider, { lastRotated }]) => ({
    provider,
    rotatedAt: lastRotated,
  }))

/** As with the rate limits' store: an instance goes on with the keys it knows, and others have the same store. */
const clientKeyStoreCheck = (clientKeys: ClientKeys): HealthCheck => ({
  name: 'client-key-store',
  kind: 'datastore',
  groups: ['startup', 'health'],
  intervalMs: 5000,
  check: () => clientKeys.ping(),
})

/** The keys of the configuration that layers of other names are switched on with. */
const switches: Readonly<Record<string, keyof AlfredConfig>> = {
  rateLimiter: 'rateLimit',
  loadShedder: 'loadShedding',
}

/** The origins that CORS names one by one: those CSRF protection trusts as well. */
function listedOrigins(cors: AlfredConfig['cors']): readonly TrustedOrigin[] {
  if (!cors) return []
  const { origin } = cors
  const origins: readonly AllowedOrigin[] =
    typeof origin === 'object' && 'length' in origin ? origin : [origin]
  return origins.filter((entry): entry is TrustedOrigin => typeof entry !== 'function' && entry !== '*')
}

/**
 * Builds the production hardening of a server as one middleware. Every layer is on unless the configuration
 * says `false`, except those that cannot guess what you need: `clientKeys`, `cors`, `cspReports`,
 * `loadShedding`, `html`, `markdown`, `vault` and `alerting`.
 *
 * The order is fixed: request id, trace context, metrics timer, headers, CORS, probes and `/metrics`, CSRF,
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
  const problems: ConfigProblem[] = []
  const opened: Lifecycle[] = []
  const shared: SharedConfig =
    collectConfigProblems(problems, () => readOptions('', config, configRule)) ?? {}
  const { trustProxy = false, logger = noopLogger, clock = systemClock } = shared
  const events = shared.events ?? createEventBus(logger)

  /** Builds a layer unless it is off; what it refuses is collected. */
  const build = <Options extends object, Layer>(
    given: boolean | Options | undefined,
    byDefault: boolean,
    create: (options: Partial<Options>) => Layer,
  ): Layer | undefined => {
    const chosen = given ?? byDefault
    if (chosen === false || (chosen !== true && typeof chosen !== 'object')) return undefined
    return collectConfigProblems(problems, () => create(chosen === true ? {} : chosen))
  }
  const opening = <Layer extends Lifecycle>(layer: Layer): Layer => {
    opened.push(layer)
    return layer
  }

  // The first to open is the last to close: it tells of what goes wrong in between.
  const alerting = build(config.alerting, false, (options) =>
    opening(createAlerting({ ...options, logger, clock, events })),
  )
  const { cors: corsConfig, vault: vaultConfig } = config
  const health = build(config.health, true, (options) =>
    opening(createHealth({ ...options, logger, clock, events })),
  )
  const probePaths = health?.paths
  const metrics = build(config.metrics, true, (options) =>
    opening(
      createMetrics({ ...options, http: { ignore: probePaths, ...options.http }, logger, clock, events }),
    ),
  )
  const tracing = build(config.tracing, true, (options) => {
    const ignore = [...(probePaths ?? []), ...(metrics ? [metrics.path] : [])]
    return createTracing({ ignore: ignore.length > 0 ? ignore : undefined, ...options, trustProxy, clock })
  })
  const headers = build(config.headers, true, (options) =>
    createSecurityHeaders({ ...options, trustProxy, logger }),
  )
  const cors = corsConfig
    ? collectConfigProblems(problems, () =>
        createCors({
          ...corsConfig,
          exposedHeaders: exposedHeaders(corsConfig.exposedHeaders, config.rateLimit),
          logger,
          events,
        }),
      )
    : undefined
  const cspReports = build(config.cspReports, false, (options) =>
    createCspReports({ ...options, logger, clock, events }),
  )
  const crossSite = build(config.csrf, true, (options) =>
    createCsrf({ trustedOrigins: cors && listedOrigins(corsConfig), ...options, logger, events }),
  )
  const rateLimiter = build(config.rateLimit, true, ({ redis, ...options }) => {
    const store = redis ? opening(createRedisStore({ ...redis, logger })) : options.store
    return opening(createRateLimiter({ ...options, store, trustProxy, logger, clock, events }))
  })
  if (health && rateLimiter && storeIsRemote(config.rateLimit))
    health.register(rateLimitStoreCheck(rateLimiter))
  const requestLimits = build(config.requestLimits, true, (options) =>
    createRequestLimits({ ...options, logger, events }),
  )
  const loadShedder = build(config.loadShedding, false, (options) =>
    opening(createLoadShedder({ ...options, logger, clock, events })),
  )
  const harden = collectConfigProblems(problems, () =>
    createServerHardening({ ...config.server, logger, clock, events }),
  )
  const proxy = rateLimiter ?? createProxyObserver({ trustProxy, logger, events })
  if (health) opening(warnOfProxy(health, events, () => proxy.check()))
  const bodyGuard = build(config.bodyGuard, true, (options) =>
    createBodyGuard({ ...options, logger, clock, events }),
  )
  const html = build(config.html, false, (options) =>
    opening(createHtmlSanitizer({ ...options, logger, clock })),
  )
  const markdown = build(config.markdown, false, (options) =>
    opening(createMarkdownRenderer({ ...options, logger, clock })),
  )
  const vault = vaultConfig
    ? collectConfigProblems(problems, () =>
        opening(createKeyVault({ ...vaultConfig, logger, clock, events })),
      )
    : undefined

  let isVaultOpen = false
  if (metrics) {
    const operations = createOperationsMetrics(metrics)
    if (health) operations.watchReadiness(() => health.snapshot().readiness !== 'fail')
    if (vault) operations.watchKeys(() => (isVaultOpen ? keyReadings(vault) : []))
  }

  const { clientKeys: clientKeysConfig } = config
  const clientKeys = clientKeysConfig
    ? collectConfigProblems(problems, () =>
        opening(createClientKeys({ ...clientKeysConfig, trustProxy, logger, clock, events })),
      )
    : undefined
  if (health && clientKeys) health.register(clientKeyStoreCheck(clientKeys))

  const life = lifecycle(
    async () => {
      for (const layer of opened.toReversed()) await layer.close()
    },
    async () => {
      await Promise.all([vault?.ready(), clientKeys?.ready(), html?.ready(), markdown?.ready()])
      isVaultOpen = true
    },
  )
  if (problems.length > 0) {
    void life.close()
    throw new AlfredConfigError(problems)
  }

  const middleware = compose(
    [
      createRequestId(trustProxy !== false),
      tracing?.middleware,
      metrics?.middleware,
      headers,
      cors,
      health?.middleware,
      metrics?.endpoint,
      cspReports,
      crossSite,
      loadShedder?.middleware,
      rateLimiter ? rateLimiter.addressMiddleware : proxy.middleware,
      shared.identify && createIdentification(shared.identify),
      clientKeys?.authenticate(),
      rateLimiter?.middleware,
      requestLimits,
      bodyGuard,
    ].filter((layer) => layer !== undefined),
  )

  // Assigned one by one where reading must throw: Object.assign would read the getters.
  const layers = {
    headers,
    cors,
    rateLimiter,
    loadShedder,
    clientKeys,
    html,
    markdown,
    vault,
    health,
    metrics,
    tracing,
    alerting,
  }
  for (const [key, layer] of Object.entries(layers)) {
    Object.defineProperty(middleware, key, {
      enumerable: true,
      get: () => layerOrThrow<unknown>(layer, switches[key] ?? (key as keyof AlfredConfig)),
    })
  }
  return Object.assign(middleware, {
    ...life,
    events,
    notFoundHandler,
    errorHandler: createErrorHandler(logger, (error, request) => {
      alerting?.errorTracker.capture(error, { request })
      shared.onError?.(error, request)
    }),
    validate: (schemas: RequestSchemas) => validate(schemas, { events, logger }),
    check: () => proxy.check(),
    hardenServer: <S extends HardenableServer>(server: S): S => harden?.(server) ?? server,
    drainOnSignals(server: DrainableServer, options?: DrainOnSignalsOptions) {
      const drain = drainOnSignals(server, { ...options, health, clock, events, logger })
      drain.addHook({ name: 'guard', close: () => life.close(), timeoutMs: closeTimeoutMs })
      return drain
    },
  }) as AlfredGuard
}
