import { type Alerting, type AlertingOptions, createAlerting } from '@alfred/alerting'
import { collectConfigProblems, type Middleware } from '@alfred/core'
import { createHealth, type Health, type HealthOptions } from '@alfred/health'
import {
  type BodyGuardOptions,
  createBodyGuard,
  createHtmlSanitizer,
  createMarkdownRenderer,
  createRequestLimits,
  type HtmlSanitizer,
  type HtmlSanitizerOptions,
  type MarkdownRenderer,
  type MarkdownRendererOptions,
  type RequestLimitsOptions,
} from '@alfred/input-validation'
import { createKeyVault, type KeyVault, type KeyVaultOptions } from '@alfred/key-vault'
import { type ClientKeys, type ClientKeysOptions, createClientKeys } from '@alfred/key-vault/client-keys'
import { createMetrics, type Metrics, type MetricsOptions } from '@alfred/metrics'
import { createRateLimiter, type RateLimiter } from '@alfred/rate-limit'
import {
  type Cors,
  type CorsOptions,
  createCors,
  createCspReports,
  createCsrf,
  createSecurityHeaders,
  type CspReports,
  type CspReportsOptions,
  type CsrfOptions,
  type SecurityHeaders,
  type SecurityHeadersOptions,
} from '@alfred/security-headers'
import {
  createLoadShedder,
  createServerHardening,
  type HardenableServer,
  type HardenServerOptions,
  type LoadShedder,
  type LoadShedderOptions,
} from '@alfred/server'
import { createTracing, type Tracing, type TracingOptions } from '@alfred/tracing'
import { endpointOf } from './endpoint-of.ts'
import { exposedHeaders } from './exposed-headers.ts'
import type { Given, LayerConfig, RateLimitConfig } from './layer-config.ts'
import type { LayerTable } from './layer-definition.ts'
import { orGiven } from './or-given.ts'
import { warnOfReferrer, withOwnReferrer } from './own-referrer.ts'
import { ignoresProbes, ignoresProbesAndMetrics, watchOperations } from './operations.ts'
import { redisStore } from './redis-store.ts'
import { watchClientKeyStore, watchLimiterStore } from './store-checks.ts'

/** The layers as a configuration names them. */
export interface LayerConfigs {
  /** Where errors are reported and alerts go; errors of requests and the layers' events arrive by themselves. @default false */
  readonly alerting?: false | Omit<AlertingOptions, Given> | undefined
  /** @default true: /livez, /readyz, /startupz and /healthz */
  readonly health?: LayerConfig<HealthOptions>
  /** @default true: /metrics for callers on this machine */
  readonly metrics?: LayerConfig<MetricsOptions>
  /** @default true: spans wherever the application registers an OpenTelemetry SDK */
  readonly tracing?: LayerConfig<TracingOptions>
  /** @default true, with helmet's values and `Referrer-Policy: same-origin`, which `csrf` needs */
  readonly headers?: LayerConfig<SecurityHeadersOptions>
  /** Which other origins may call. @default false: none, and no CORS header is sent */
  readonly cors?: false | Omit<CorsOptions, Given> | undefined
  /** Where browsers report violations of the CSP. @default false */
  readonly cspReports?: LayerConfig<CspReportsOptions>
  /** @default true; what `cors` decides about a request holds here too, and `trustedOrigins` adds to it */
  readonly csrf?: LayerConfig<CsrfOptions>
  /** @default true: 100 requests in 15 minutes per address on /api, 10 a minute per user on /api/alfred/chat, in memory */
  readonly rateLimit?: boolean | RateLimitConfig | undefined
  /** @default true: 8,192 characters of URL, 100 parameters, none of them twice, 16 KiB of header fields */
  readonly requestLimits?: LayerConfig<RequestLimitsOptions>
  /** Refuses requests while the process has too much to do; `true`: while the event loop is 250 ms late. @default false */
  readonly loadShedding?: LayerConfig<LoadShedderOptions>
  /** What `guard.hardenServer(server)` bounds. */
  readonly server?: Omit<HardenServerOptions, Given> | undefined
  /** @default true: JSON bodies up to 1 MiB */
  readonly bodyGuard?: LayerConfig<BodyGuardOptions>
  /** Sanitises HTML that users wrote: `guard.html`. @default false; `true` takes DOMPurify's profile for HTML */
  readonly html?: LayerConfig<HtmlSanitizerOptions>
  /** Renders what a model answered: `guard.markdown`. @default false; `true` allows web links and no images */
  readonly markdown?: LayerConfig<MarkdownRendererOptions>
  /** Where provider keys are kept. @default false */
  readonly vault?: false | Omit<KeyVaultOptions, Given> | undefined
  /** API keys of your clients: who needs one, and where they are. Their changes are noted in the vault's audit trail. @default false */
  readonly clientKeys?: false | Omit<ClientKeysOptions, Given> | undefined
}

/** The layers that a guard offers by name. */
export interface GuardLayers {
  /** Reports errors and sends alerts. @throws `ALFRED_LAYER_OFF` */
  readonly alerting: Alerting
  /** Health checks and the state of the probes. @throws `ALFRED_LAYER_OFF` */
  readonly health: Health
  /** Metrics of your own, and those of the layers. @throws `ALFRED_LAYER_OFF` */
  readonly metrics: Metrics
  /** Spans of your own, and the trace context for requests to other servers. @throws `ALFRED_LAYER_OFF` */
  readonly tracing: Tracing
  /** Explains the headers that are sent. @throws `ALFRED_LAYER_OFF` */
  readonly headers: SecurityHeaders
  /** Answers whether an origin may call. @throws `ALFRED_LAYER_OFF` */
  readonly cors: Cors
  /** Limits for single routes, bans, reservations and what a client has left. @throws `ALFRED_LAYER_OFF` */
  readonly rateLimit: RateLimiter
  /** Tells whether the process has too much to do. @throws `ALFRED_LAYER_OFF` */
  readonly loadShedding: LoadShedder
  /** Sanitises HTML that users wrote. @throws `ALFRED_LAYER_OFF` */
  readonly html: HtmlSanitizer
  /** Renders Markdown that a model wrote. @throws `ALFRED_LAYER_OFF` */
  readonly markdown: MarkdownRenderer
  /** The keys of your providers. @throws `ALFRED_LAYER_OFF` */
  readonly vault: KeyVault
  /** Creates, rotates and revokes the API keys of your clients. @throws `ALFRED_LAYER_OFF` */
  readonly clientKeys: ClientKeys
}

/** Every layer as it was built; those that a guard offers by name, and those that only stand in the stack. */
export interface BuiltLayers extends GuardLayers {
  readonly cspReports: CspReports
  readonly csrf: Middleware
  readonly requestLimits: Middleware
  readonly bodyGuard: Middleware
  readonly server: <S extends HardenableServer>(server: S) => S
}

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
        http: orGiven({ ignore: ignoresProbes(built) }, options.http),
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
        ...orGiven<typeof options>({ ignore: ignoresProbesAndMetrics(built) }, options),
        trustProxy,
        clock,
      }),
    middleware: (tracing) => ({ 'trace context': tracing.middleware }),
  },
  headers: {
    byDefault: {},
    isOffered: true,
    create: (options, { trustProxy, observed: { logger } }) =>
      createSecurityHeaders({ ...withOwnReferrer(options), trustProxy, logger }),
  },
  cors: {
    byDefault: false,
    isOffered: true,
    lacking: 'origin',
    create: (options, { requested, observed }) =>
      createCors({
        ...options,
        exposedHeaders: exposedHeaders(options.exposedHeaders, requested.rateLimit),
        ...observed,
      }),
    middleware: (cors) => ({ CORS: cors }),
  },
  cspReports: {
    byDefault: false,
    isOffered: false,
    create: (options, { observed }) => createCspReports({ ...options, ...observed }),
    endpoints: (reports, options) => endpointOf('cspReports.path', reports, options),
    middleware: (reports) => ({ 'reports of the CSP': reports }),
  },
  csrf: {
    byDefault: {},
    isOffered: false,
    create: (options, { observed: { logger, events } }) => createCsrf({ ...options, logger, events }),
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
    create: (options, { observed }) => createBodyGuard({ ...options, ...observed }),
    middleware: (bodyGuard) => ({ 'body guard': bodyGuard }),
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
    middleware: (clientKeys) => ({ 'API keys': clientKeys.authenticate() }),
  },
}
