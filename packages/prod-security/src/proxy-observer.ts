import { createProxyCheck, type Middleware, type ProxyCheckOptions, type ProxyFinding } from '@alfred/core'
import type { HealthCheck } from '@alfred/health'

/** Looks at requests where no rate limiter does it. */
export function createProxyObserver(options: ProxyCheckOptions): {
  readonly middleware: Middleware
  check(): readonly ProxyFinding[]
} {
  const proxyCheck = createProxyCheck(options)
  return {
    middleware(request, _response, next) {
      proxyCheck.observe(request)
      next()
    },
    check: () => proxyCheck.findings(),
  }
}

/** Warns in `/healthz` of a `trustProxy` that does not fit; the instance serves all the same. */
export const proxyCheck = (check: () => readonly ProxyFinding[]): HealthCheck => ({
  name: 'trust-proxy',
  kind: 'system',
  groups: ['health'],
  criticality: 'degrading',
  check() {
    const problems = check().map(({ problem }) => problem)
    // The words of a finding hold addresses, which a health document does not tell.
    const output = `trustProxy does not fit: ${problems.join(', ')}. The log says what to set.`
    return Promise.resolve(problems.length === 0 ? undefined : { status: 'warn', output })
  },
})
