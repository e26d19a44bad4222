import { createAlerting } from '@alfred/alerting'
import {
  AlfredConfigError,
  collectConfigProblems,
  createEventBus,
  endpointCollisions,
  type Lifecycle,
  lifecycle,
  noopLogger,
  systemClock,
} from '@alfred/core'
import { createHealth } from '@alfred/health'
import {
  createBodyGuard,
  createHtmlSanitizer,
  createMarkdownRenderer,
  createRequestLimits,
} from '@alfred/input-validation'
import { createClientKeys, createKeyVault, type KeyVault } from '@alfred/key-vault'
import { createMetrics, createOperationsMetrics } from '@alfred/metrics'
import { createRateLimiter } from '@alfred/rate-limit'
import { createLoadShedder, createServerHardening } from '@alfred/server'
import {
  createAllowedHosts,
  createCors,
  createCspReports,
  createCsrf,
  createSecurityHeaders,
} from '@alfred/security-headers'
import { createTracing } from '@alfred/tracing'
import type { AlfredConfig } from './config/alfred-config.ts'
import { withoutGiven } from './config/config-rule.ts'
import { endpointOf } from './layers/endpoint-of.ts'
import { nameVariables } from './config/environment-variables.ts'
import { exposedHeaders } from './layers/exposed-headers.ts'
import { createRequestHead } from './request/request-head.ts'
import { orGiven } from './layers/or-given.ts'
import { warnOfReferrer, withOwnReferrer } from './layers/own-referrer.ts'
import { createProxyObserver, warnOfProxy } from './layers/proxy-observer.ts'
import { readConfig } from './config/read-config.ts'
import { redisStore } from './layers/redis-store.ts'
import { clientKeyStoreCheck, rateLimitStoreCheck, registerCheck } from './layers/store-checks.ts'

const storeIsRemote = (config: AlfredConfig['rateLimit']): boolean =>
  typeof config === 'object' && (config.redis !== undefined || config.store !== undefined)

const keyReadings = (vault: KeyVault) =>
  Object.entries(vault.report()).map(([provider, { lastRotated, nextRotation, validity }]) => ({
    provider,
    rotatedAt: lastRotated,
    rotationDueAt: nextRotation,
    valid: validity === 'valid' || validity === 'invalid' ? validity === 'valid' : undefined,
  }))

/** All layers of a stack; `undefined` where one is off. */
export type Layers = ReturnType<typeof buildLayers>

/**
 * Builds the layers that a configuration asks for and joins those that know of each other.
 *
 * @throws `AlfredConfigError` naming every problem of every layer at once
 */
export function buildLayers(given: AlfredConfig) {
  const { config, problems } = readConfig(given)
  const opened: Lifecycle[] = []
  const { trustProxy = false, logger = noopLogger, clock = systemClock } = config
  const events = config.events ?? createEventBus(logger)

  /** Builds a layer unless it is off; what it refuses is collected. */
  const build = <Options extends object, Layer>(
    wanted: boolean | Options | undefined,
    byDefault: boolean,
    create: (options: Partial<Options>) => Layer,
  ): Layer | undefined => {
    const chosen = wanted ?? byDefault
    if (chosen === false) return undefined
    return collectConfigProblems(problems, () => create(chosen === true ? {} : withoutGiven(chosen)))
  }
  const opening = <Layer extends Lifecycle>(layer: Layer): Layer => {
    opened.push(layer)
    return layer
  }

  const { allowedHosts: hosts } = config
  if (hosts === undefined) {
    logger.info(
      {},
      'allowedHosts is not set: every Host header is accepted. List the names of this server, or set false',
    )
  }
  const allowedHosts = hosts ? createAllowedHosts({ hosts, logger, events }) : undefined

  // The first to open is the last to close: it tells of what goes wrong in between.
  const alerting = build(config.alerting, false, (options) =>
    opening(createAlerting({ ...options, logger, clock, events })),
  )
  const { cors: corsConfig, vault: vaultConfig } = config
  const health = build(config.health, true, (options) =>
    opening(createHealth({ ...options, logger, clock, events })),
  )
  const probePaths = new Set(health?.paths.flatMap((path) => [path, path.toLowerCase()]))
  const isProbe = (path: string): boolean => probePaths.has(path)
  const metrics = build(config.metrics, true, (options) =>
    opening(
      createMetrics({
        ...options,
        http: orGiven({ ignore: isProbe }, options.http),
        logger,
        clock,
        events,
      }),
    ),
  )
  const tracing = build(config.tracing, true, (options) => {
    const ignore = (path: string): boolean => isProbe(path) || metrics?.path === path
    return createTracing({ ...orGiven<typeof options>({ ignore }, options), trustProxy, clock })
  })
  const headers = build(config.headers, true, (options) =>
    createSecurityHeaders({ ...withOwnReferrer(options), trustProxy, logger }),
  )
  const head = createRequestHead({ allowedHosts, headers, logger, events })
  const cors = corsConfig
    ? collectConfigProblems(problems, () =>
        createCors({
          ...withoutGiven(corsConfig),
          exposedHeaders: exposedHeaders(corsConfig.exposedHeaders, config.rateLimit),
          logger,
          clock,
          events,
        }),
      )
    : undefined
  const cspReports = build(config.cspReports, false, (options) =>
    createCspReports({ ...options, logger, clock, events }),
  )
  const crossSite = build(config.csrf, true, (options) => createCsrf({ ...options, logger, events }))
  if (headers && crossSite) warnOfReferrer(headers, logger)
  const rateLimiter = build(config.rateLimit, true, ({ redis, ...options }) => {
    const ownStore = collectConfigProblems(problems, () => redisStore(redis, options.store, logger))
    const store = ownStore ? opening(ownStore) : options.store
    return opening(createRateLimiter({ ...options, store, trustProxy, logger, clock, events }))
  })
  if (health && rateLimiter && storeIsRemote(config.rateLimit))
    registerCheck(health, rateLimitStoreCheck(rateLimiter), problems)
  const requestLimits = build(config.requestLimits, true, (options) =>
    createRequestLimits({ ...options, logger, events }),
  )
  const loadShedder = build(config.loadShedding, false, (options) =>
    opening(createLoadShedder({ ...options, logger, clock, events })),
  )
  const harden = collectConfigProblems(problems, () =>
    createServerHardening({ ...withoutGiven(config.server ?? {}), logger, clock, events }),
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
        opening(createKeyVault({ ...withoutGiven(vaultConfig), logger, clock, events })),
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
        opening(
          createClientKeys({
            ...withoutGiven(clientKeysConfig),
            // One trail for both: a client key's record that was put back is seen by nothing else.
            audit: clientKeysConfig.audit ?? vault?.audit,
            trustProxy,
            logger,
            clock,
            events,
          }),
        ),
      )
    : undefined
  if (health && clientKeys) registerCheck(health, clientKeyStoreCheck(clientKeys), problems)

  problems.push(
    ...endpointCollisions([
      ...(health?.endpoints ?? []),
      ...endpointOf('metrics.path', metrics, config.metrics),
      ...endpointOf('cspReports.path', cspReports, config.cspReports),
    ]),
  )

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
    throw new AlfredConfigError(nameVariables(given, problems))
  }

  return {
    shared: { identify: config.identify, onError: config.onError, trustProxy, logger, clock, events },
    life,
    head,
    proxy,
    crossSite,
    cspReports,
    requestLimits,
    bodyGuard,
    harden,
    // What the guard offers by name.
    offered: {
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
    },
  }
}
