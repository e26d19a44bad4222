import {
  type Clock,
  clockRule,
  exemptPathsRule,
  option,
  type PathMatch,
  readOptions,
  systemClock,
  type TrustProxy,
  trustProxyRule,
} from '@alfred/core'
import type { TracerProvider } from '@opentelemetry/api'
import type { RecordException } from './operations/span-failure.ts'
import { tracingPeers } from './tracing-peers.ts'

/** The options of {@link createTracing}. */
export interface TracingOptions {
  /** Requests without a span. @default ['/metrics', '/livez', '/readyz', '/startupz', '/healthz'] */
  readonly ignore?: PathMatch | undefined
  /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
  readonly mounts?: readonly string[] | undefined
  /** What else to do with errors than to record their type. @default nothing */
  readonly recordException?: RecordException | undefined
  /**
   * Whether spans hold what users asked and were answered, where `recordAIContent` is called.
   * @default false
   */
  readonly aiContent?: boolean | undefined
  /** Whether spans carry attributes under the names that the conventions had before as well. @default false */
  readonly previousNames?: boolean | undefined
  /** Where spans go. @default the provider that the application's SDK registers, at any time */
  readonly tracerProvider?: TracerProvider | undefined
  /** Whose word on the client's address and protocol to take. @default false */
  readonly trustProxy?: TrustProxy | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

export interface ResolvedTracingOptions {
  readonly ignore: PathMatch
  readonly mounts: readonly string[]
  readonly recordException: RecordException | undefined
  readonly aiContent: boolean
  readonly previousNames: boolean
  readonly tracerProvider: TracerProvider | undefined
  readonly trustProxy: TrustProxy
  readonly clock: Clock
}

const rule = option.objectOf<TracingOptions>(
  {
    ignore: exemptPathsRule,
    mounts: option.list(
      option.string({ pattern: /^\/[^*?{}()+\s]+$/, hint: 'a path, with :name for parameters' }),
    ),
    recordException: option.function<RecordException>(),
    aiContent: option.boolean(),
    previousNames: option.boolean(),
    tracerProvider: option.withMethods<TracerProvider>('getTracer'),
    trustProxy: trustProxyRule,
    clock: clockRule,
  },
  { peers: tracingPeers },
)

export function resolveTracingOptions(options: TracingOptions): ResolvedTracingOptions {
  const read = readOptions('tracing', options, rule)
  return Object.freeze({
    ignore: read.ignore ?? ['/metrics', '/livez', '/readyz', '/startupz', '/healthz'],
    mounts: read.mounts ?? [],
    recordException: read.recordException,
    aiContent: read.aiContent ?? false,
    previousNames: read.previousNames ?? false,
    tracerProvider: read.tracerProvider,
    trustProxy: read.trustProxy ?? false,
    clock: read.clock ?? systemClock,
  })
}
