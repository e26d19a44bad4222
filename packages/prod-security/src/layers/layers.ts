import { createAlerting } from '@alfred/alerting'
import { collectConfigProblems } from '@alfred/core'
import { createHealth } from '@alfred/health'
import {
  createBodyGuard,
  createHtmlSanitizer,
  createMarkdownRenderer,
  createRequestLimits,
  createWebhookGuard,
} from '@alfred/input-validation'
import { createKeyVault } from '@alfred/key-vault'
import { createClientKeys } from '@alfred/key-vault/client-keys'
import { createMetrics } from '@alfred/metrics'
import { createRateLimiter } from '@alfred/rate-limit'
import { createCors, createCspReports, createCsrf, createSecurityHeaders } from '@alfred/security-headers'
import { createLoadShedder, createServerHardening } from '@alfred/server'
import { createTracing } from '@alfred/tracing'
import { endpointOf } from './endpoint-of.ts'
import { exposedHeaders } from './exposed-headers.ts'
import type { LayerTable } from './layer-definition.ts'
import { needsBodyGuard, withWebhookBodies } from './webhook-bodies.ts'
import { withDefaults } from './with-defaults.ts'
import { warnOfReferrer, withOwnReferrer } from './own-referrer.ts'
import { ignoresProbes, ignoresProbesAndMetrics, watchOperations } from './operations.ts'
import { redisStore } from './redis-store.ts'
import { withReports } from './wired-reports.ts'
import { watchClientKeyStore, watchLimiterStore } from './store-checks.ts'

/**
 * Every layer of a stack. What is built first closes last: alerting tells of what goes wrong in between. The rule of the
 * configuration, the members of the guard and the order of the stack are read from here.
 */
export const layerTable: LayerTable = {
  alerting: {
    byDefault: false,
    isOffered: true,
    lacking: 'errorTracker or dispatcher',
    create: (options, { observed }) => createAlerting({ ...options, ...observed }),
  },
  health: {
    byDefault: {},
    isOffered: true,
    create: (options, { observed }) => createHealth({ ...options, ...observed }),
    middleware: (health) => ({ probes: health.middleware }),
    endpoints: (health) => health.endpoints,
  },
  metrics: {
    byDefault: {},
    isOffered: true,
    parts: ['http'],
    create: (options, { built, observed }) =>
      createMetrics({
        ...options,
        http: withDefaults({ ignore: ignoresProbes(built) }, options.http),
        ...observed,
      }),
    connect: watchOperations,
    endpoints: (metrics, options) => endpointOf('metrics.path', metrics, options),
    middleware: (metrics) => ({ 'metrics timer': metrics.middleware, '/metrics': metrics.endpoint }),
  },
  tracing: {
    byDefault: {},
    isOffered: true,
    create: (options, { built, trustProxy, observed: { clock } }) =>
      createTracing({
        ...withDefaults<typeof options>({ ignore: ignoresProbesAndMetrics(built) }, options),
        trustProxy,
        clock,
      }),
    middleware: (tracing) => ({ 'trace context': tracing.middleware }),
  },
  headers: {
    byDefault: {},
    isOffered: true,
    create: (options, { requested, trustProxy, observed: { logger } }) =>
      createSecurityHeaders({
        ...withReports(withOwnReferrer(options), requested.cspReports),
        trustProxy,
        logger,
      }),
  },
  cors: {
    byDefault: false,
    isOffered: true,
    lacking: 'origin',
    create: (options, { requested, trustProxy, publicOrigins, observed }) =>
      createCors({
        ...options,
        exposedHeaders: exposedHeaders(options.exposedHeaders, requested.rateLimit),
        trustProxy,
        publicOrigins,
        ...observed,
      }),
    middleware: (cors) => ({ CORS: cors }),
  },
  cspReports: {
    byDefault: false,
    isOffered: false,
    create: (options, { trustProxy, observed }) => createCspReports({ ...options, trustProxy, ...observed }),
    endpoints: (reports, options) => endpointOf('cspReports.path', reports, options),
    middleware: (reports) => ({ 'reports of the CSP': reports }),
  },
  csrf: {
    byDefault: {},
    isOffered: false,
    create: (options, { trustProxy, publicOrigins, observed: { logger, events } }) =>
      createCsrf({ ...options, trustProxy, publicOrigins, logger, events }),
    connect(_csrf, { built, observed }) {
      if (built.headers) warnOfReferrer(built.headers, observed.logger)
    },
    middleware: (csrf) => ({ CSRF: csrf }),
  },
  rateLimit: {
    byDefault: {},
    isOffered: true,
    parts: ['redis'],
    create({ redis, ...options }, { open, problems, trustProxy, observed }) {
      const ownStore = collectConfigProblems(problems, () =>
        redisStore(redis, options.store, observed.logger),
      )
      const store = ownStore ? open(ownStore) : options.store
      return createRateLimiter({ ...options, store, trustProxy, ...observed })
    },
    connect: watchLimiterStore,
    middleware: (limiter) => ({
      'denied and banned addresses': limiter.addressMiddleware,
      'rate limiting': limiter.middleware,
    }),
  },
  requestLimits: {
    byDefault: {},
    isOffered: false,
    create: (options, { observed: { logger, events } }) =>
      createRequestLimits({ ...options, logger, events }),
    middleware: (limits) => ({ 'limits of URL and header': limits }),
  },
  loadShedding: {
    byDefault: false,
    isOffered: true,
    create: (options, { observed }) => createLoadShedder({ ...options, ...observed }),
    middleware: (shedder) => ({ 'load shedding': shedder.middleware }),
  },
  server: {
    byDefault: {},
    isSwitched: false,
    isOffered: false,
    create: (options, { observed }) => createServerHardening({ ...options, ...observed }),
  },
  bodyGuard: {
    byDefault: {},
    isOffered: false,
    create: (options, { requested, observed }) =>
      createBodyGuard({ ...withWebhookBodies(options, requested.webhooks), ...observed }),
    middleware: (bodyGuard) => ({ 'body guard': bodyGuard }),
  },
  webhooks: {
    byDefault: false,
    isOffered: false,
    lacking: 'endpoints',
    create(options, { requested, problems, observed }) {
      if (requested.bodyGuard === false) problems.push(needsBodyGuard)
      return createWebhookGuard({ ...options, ...observed })
    },
    middleware: (webhooks) => ({ 'signatures of webhooks': webhooks }),
  },
  html: {
    byDefault: false,
    isOffered: true,
    isAwaited: true,
    create: (options, { observed: { logger, clock } }) => createHtmlSanitizer({ ...options, logger, clock }),
  },
  markdown: {
    byDefault: false,
    isOffered: true,
    isAwaited: true,
    create: (options, { observed: { logger, clock } }) =>
      createMarkdownRenderer({ ...options, logger, clock }),
  },
  vault: {
    byDefault: false,
    isOffered: true,
    lacking: 'store',
    isAwaited: true,
    create: (options, { observed }) => createKeyVault({ ...options, ...observed }),
  },
  clientKeys: {
    byDefault: false,
    isOffered: true,
    lacking: 'store',
    isAwaited: true,
    create: (options, { built, trustProxy, observed }) =>
      createClientKeys({
        ...options,
        // One trail for both: a client key's record that was put back is seen by nothing else.
        audit: options.audit ?? built.vault?.audit,
        trustProxy,
        ...observed,
      }),
    connect: watchClientKeyStore,
    middleware: (clientKeys) => ({ 'API keys': clientKeys.middleware }),
  },
}
