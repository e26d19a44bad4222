import type { Alerting, AlertingOptions } from '@alfred/alerting'
import type { Middleware } from '@alfred/core'
import type { Health, HealthOptions } from '@alfred/health'
import type {
  BodyGuardOptions,
  HtmlSanitizer,
  HtmlSanitizerOptions,
  MarkdownRenderer,
  MarkdownRendererOptions,
  RequestLimitsOptions,
  WebhookGuardOptions,
} from '@alfred/input-validation'
import type { KeyVault, KeyVaultOptions } from '@alfred/key-vault'
import type { ClientKeys, ClientKeysOptions } from '@alfred/key-vault/client-keys'
import type { Metrics, MetricsOptions } from '@alfred/metrics'
import type { RateLimiter } from '@alfred/rate-limit'
import type {
  Cors,
  CorsOptions,
  CspReports,
  CspReportsOptions,
  CsrfOptions,
  SecurityHeaders,
  SecurityHeadersOptions,
} from '@alfred/security-headers'
import type { HardenableServer, HardenServerOptions, LoadShedder, LoadShedderOptions } from '@alfred/server'
import type { Tracing, TracingOptions } from '@alfred/tracing'
import type { StackOption, LayerConfig, RateLimitConfig } from './layer-config.ts'

/** The layers as a configuration names them. */
export interface LayerConfigs {
  /** Where errors are reported and alerts go; errors of requests and the layers' events arrive by themselves. @default false */
  readonly alerting?: false | Omit<AlertingOptions, StackOption> | undefined
  /** @default true: /livez, /readyz, /startupz and /healthz */
  readonly health?: LayerConfig<HealthOptions>
  /** @default true: /metrics for callers on this machine */
  readonly metrics?: LayerConfig<MetricsOptions>
  /** @default true: spans wherever the application registers an OpenTelemetry SDK */
  readonly tracing?: LayerConfig<TracingOptions>
  /** @default true, with helmet's values and `Referrer-Policy: same-origin`, which `csrf` needs */
  readonly headers?: LayerConfig<SecurityHeadersOptions>
  /** Which other origins may call. @default false: none, and no CORS header is sent */
  readonly cors?: false | Omit<CorsOptions, StackOption> | undefined
  /** Where browsers report violations of the CSP. @default false */
  readonly cspReports?: LayerConfig<CspReportsOptions>
  /** @default true; what `cors` decides about a request holds here too, and `trustedOrigins` adds to it */
  readonly csrf?: LayerConfig<CsrfOptions>
  /** @default true: 1,000 requests a minute per address, in memory */
  readonly rateLimit?: boolean | RateLimitConfig | undefined
  /** @default true: 8,192 characters of URL, 100 parameters, 16 KiB of header fields */
  readonly requestLimits?: LayerConfig<RequestLimitsOptions>
  /** Refuses requests while the process has too much to do; `true`: while the event loop is 250 ms late. @default false */
  readonly loadShedding?: LayerConfig<LoadShedderOptions>
  /** What `guard.hardenServer(server)` bounds. */
  readonly server?: Omit<HardenServerOptions, StackOption> | undefined
  /** @default true: JSON bodies up to 1 MiB are parsed, others up to 10 MiB pass */
  readonly bodyGuard?: LayerConfig<BodyGuardOptions>
  /** Which webhooks must carry the signature of their sender. @default false */
  readonly webhooks?: false | Omit<WebhookGuardOptions, StackOption> | undefined
  /** Sanitises HTML that users wrote: `guard.html`. @default false; `true` takes DOMPurify's profile for HTML */
  readonly html?: LayerConfig<HtmlSanitizerOptions>
  /** Renders what a model answered: `guard.markdown`. @default false; `true` allows web links and no images */
  readonly markdown?: LayerConfig<MarkdownRendererOptions>
  /** Where provider keys are kept. @default false */
  readonly vault?: false | Omit<KeyVaultOptions, StackOption> | undefined
  /** API keys of your clients: who needs one, and where they are. Their changes are noted in the vault's audit trail. @default false */
  readonly clientKeys?: false | Omit<ClientKeysOptions, StackOption> | undefined
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
  readonly webhooks: Middleware
  readonly server: <S extends HardenableServer>(server: S) => S
}
