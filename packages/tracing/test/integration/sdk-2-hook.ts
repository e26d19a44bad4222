/** Resolves OpenTelemetry's packages to API 1.9 and SDK 2, for everybody in the process. */
import { registerHooks } from 'node:module'

const replacements: Readonly<Record<string, string>> = {
  '@opentelemetry/api': 'opentelemetry-api-1.9',
  '@opentelemetry/context-async-hooks': 'opentelemetry-context-async-hooks-2',
  '@opentelemetry/core': 'opentelemetry-core-2',
  '@opentelemetry/exporter-trace-otlp-http': 'opentelemetry-exporter-trace-otlp-http-0.2',
  '@opentelemetry/sdk-trace': 'opentelemetry-sdk-trace-2',
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const replacement = replacements[specifier]
    if (replacement === undefined) return nextResolve(specifier, context)
    // The exporter of SDK 2 brings an SDK of its own version; only the API must be one for all.
    const isOwn = specifier === '@opentelemetry/api' || !context.parentURL?.includes('/node_modules/')
    return isOwn
      ? nextResolve(replacement, { ...context, parentURL: import.meta.url })
      : nextResolve(specifier, context)
  },
})
