import {
  exemptPathsRule,
  mountsRule,
  observed,
  option,
  type Options,
  readOptions,
  type Resolved,
  trustProxyRule,
} from '@alfred/core'
import type { TracerProvider } from '@opentelemetry/api'
import type { RecordException } from './operations/span-failure.ts'
import { tracingPeers } from './tracing-peers.ts'

const tracingRule = option.object(
  {
    /** Requests without a span. @default ['/metrics', '/livez', '/readyz', '/startupz', '/healthz'] */
    ignore: exemptPathsRule.default(['/metrics', '/livez', '/readyz', '/startupz', '/healthz']),
    /** The templates under which routers are mounted, as `/api` or `/tenants/:tenantId`. @default none */
    mounts: mountsRule.default([]),
    /** What else to do with errors than to record their type. @default nothing */
    recordException: option.function<RecordException>().optional(),
    /**
     * Whether spans hold what users asked and were answered, where `recordAIContent` is called.
     * @default false
     */
    aiContent: option.boolean().default(false),
    /** Whether spans carry attributes under the names that the conventions had before as well. @default false */
    previousNames: option.boolean().default(false),
    /** Where spans go. @default the provider that the application's SDK registers, at any time */
    tracerProvider: option.withMethods<TracerProvider>('getTracer').optional(),
    /** Whose word on the client's address and protocol to take. @default false */
    trustProxy: trustProxyRule.default(false),
    /** @default the machine's time */
    clock: observed.clock,
  },
  { peers: tracingPeers },
)

/** The options of {@link createTracing}. */
export interface TracingOptions extends Options<typeof tracingRule> {}

export const resolveTracingOptions = (options: TracingOptions): Resolved<typeof tracingRule> =>
  readOptions('tracing', options, tracingRule)
