import type { BenchArea } from './report/bench-area.ts'

/** Every area, by the name that `pnpm bench <area>` takes. What an area needs is loaded when it runs. */
export const areas: Readonly<Record<string, BenchArea>> = {
  headers: {
    summary: 'ns per request of headers and CORS, beside helmet and cors',
    run: async (progress) => (await import('./headers/headers-area.ts')).runHeaders(progress),
  },
  health: {
    summary: 'readiness probes/s, beside terminus and lightship',
    run: async (progress) => (await import('./health/health-area.ts')).runHealth(progress),
  },
  install: {
    summary: 'installed MB, packages, import and construction, beside the peers together',
    run: async (progress) => (await import('./install/install-area.ts')).runInstall(progress),
  },
  'rate-limit': {
    summary: 'counted requests/s, denials/s and bytes, beside rate-limit-redis and rate-limiter-flexible',
    run: async (progress) => (await import('./rate-limit/rate-limit-area.ts')).runRateLimit(progress),
  },
  metrics: {
    summary: 'ns per request, counter, scrape and span, beside express-prom-bundle and prom-client',
    run: async (progress) => (await import('./metrics/metrics-area.ts')).runMetrics(progress),
  },
  stack: {
    summary: 'requests/s of an Express app: bare, behind alfredHardening, behind hand-composed peers',
    run: async (progress) => (await import('./stack/stack-area.ts')).runStack(progress),
  },
  validation: {
    summary:
      'sanitising, JSON and import, beside isomorphic-dompurify, sanitize-html and express.json with zod',
    run: async (progress) => (await import('./validation/validation-area.ts')).runValidation(progress),
  },
  vault: {
    summary: 'the key vault: get, a client key, re-wrapping 10,000 records, 100,000 audit entries',
    run: async (progress) => (await import('./vault/vault-area.ts')).runVault(progress),
  },
}
