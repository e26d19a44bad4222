import type { IncomingMessage } from 'node:http'
import type { AlertingOptions } from '@alfred/alerting'
import type { Clock, EventBus, Logger, TrustProxy } from '@alfred/core'
import type { HealthOptions } from '@alfred/health'
import type {
  BodyGuardOptions,
  HtmlSanitizerOptions,
  MarkdownRendererOptions,
  RequestLimitsOptions,
} from '@alfred/input-validation'
import type { ClientKeysOptions, KeyVaultOptions } from '@alfred/key-vault'
import type { MetricsOptions } from '@alfred/metrics'
import type { RateLimitOptions, RedisStoreOptions } from '@alfred/rate-limit'
import type { HardenServerOptions, LoadShedderOptions } from '@alfred/server'
import type {
  CorsOptions,
  CspReportsOptions,
  CsrfOptions,
  SecurityHeadersOptions,
} from '@alfred/security-headers'
import type { TracingOptions } from '@alfred/tracing'

/** What every layer is given by the stack and therefore not by its own options. */
type Given = 'clock' | 'events' | 'logger' | 'trustProxy'

/** `false` switches a layer off, `true` takes its defaults, an object is its options. */
export type LayerConfig<Options> = boolean | Omit<Options, Given> | undefined

/** Rate limiting as part of the stack: the limiter's options, and Redis by its address alone. */
export interface RateLimitConfig extends Omit<RateLimitOptions, Given> {
  /** Counts are kept in this Redis, in place of `store`. */
  readonly redis?: Omit<RedisStoreOptions, Given> | undefined
}

/**
 * The configuration of {@link alfredHardening}. Each layer's options are those of its package, without
 * `logger`, `clock`, `events` and `trustProxy`, which are said once here.
 */
export interface AlfredConfig {
  /**
   * Which peers may say on whose behalf they ask: `false` nobody, the number of proxies in front, or
   * their addresses.
   * @default false
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * The hosts that requests may name, in `Host` or `:authority`: `app.example.com`, `*.example.com`, addresses, each with or
   * without a port. Others get 421. `localhost`, `127.0.0.1` and `[::1]` are always allowed. `X-Forwarded-Host` is not read.
   * @default every host, with a hint in the log; `false` allows every host without it
   */
  readonly allowedHosts?: readonly string[] | false | undefined
  /**
   * The id of the user who makes a request, as your authentication has established it: a non-empty string or a
   * finite number. `undefined`, `null` and `''` are a visitor. Limits per user count by it. Must not trust anything
   * that a client can choose. It answers at once, so an async function is refused; a throw or any other value is
   * logged once, and the request counts as a visitor's.
   * @default nobody is known
   */
  readonly identify?: ((request: IncomingMessage) => string | number | null | undefined) | undefined
  /** @default true, with helmet's values and `Referrer-Policy: same-origin`, which `csrf` needs */
  readonly headers?: LayerConfig<SecurityHeadersOptions>
  /** Where browsers report violations of the CSP. @default false */
  readonly cspReports?: LayerConfig<CspReportsOptions>
  /** Which other origins may call. @default false: none, and no CORS header is sent */
  readonly cors?: false | Omit<CorsOptions, Given> | undefined
  /** @default true; what `cors` decides about a request holds here too, and `trustedOrigins` adds to it */
  readonly csrf?: LayerConfig<CsrfOptions>
  /** @default true: 100 requests in 15 minutes per address on /api, 10 a minute per user on /api/alfred/chat, in memory */
  readonly rateLimit?: boolean | RateLimitConfig | undefined
  /** @default true: 8,192 characters of URL, 100 parameters, none of them twice, 16 KiB of header fields */
  readonly requestLimits?: LayerConfig<RequestLimitsOptions>
  /**
   * Refuses requests while the process has too much to do: `true` while the event loop is 250 ms late.
   * @default false: how late is too late, an application knows
   */
  readonly loadShedding?: LayerConfig<LoadShedderOptions>
  /** What `guard.hardenServer(server)` bounds. */
  readonly server?: Omit<HardenServerOptions, Given> | undefined
  /** @default true: JSON bodies up to 1 MiB */
  readonly bodyGuard?: LayerConfig<BodyGuardOptions>
  /**
   * The API keys of your clients: who is required to have one, and where they are. Their changes are noted in the audit
   * trail of `vault` unless `audit` names another.
   * @default false
   */
  readonly clientKeys?: false | Omit<ClientKeysOptions, Given> | undefined
  /** Sanitises HTML that users wrote: `guard.html`. @default false; `true` takes DOMPurify's profile for HTML */
  readonly html?: LayerConfig<HtmlSanitizerOptions>
  /** Renders what a model answered: `guard.markdown`. @default false; `true` allows web links and no images */
  readonly markdown?: LayerConfig<MarkdownRendererOptions>
  /** Where provider keys are kept. @default false */
  readonly vault?: false | Omit<KeyVaultOptions, Given> | undefined
  /** @default true: /livez, /readyz, /startupz and /healthz */
  readonly health?: LayerConfig<HealthOptions>
  /** @default true: /metrics for callers on this machine */
  readonly metrics?: LayerConfig<MetricsOptions>
  /** @default true: spans wherever the application registers an OpenTelemetry SDK */
  readonly tracing?: LayerConfig<TracingOptions>
  /** Where errors are reported and alerts go; errors of requests and the layers' events arrive by themselves. @default false */
  readonly alerting?: false | Omit<AlertingOptions, Given> | undefined
  /**
   * Receives every request that ends in a 5xx, with the error: the place for an error tracker. Its promise is not
   * waited for; what it throws or rejects with is logged.
   */
  readonly onError?: ((error: unknown, request: IncomingMessage) => unknown) | undefined
  /** @default discards everything */
  readonly logger?: Logger | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
  /** What the layers tell each other is emitted here too. @default a bus of its own */
  readonly events?: EventBus | undefined
}
