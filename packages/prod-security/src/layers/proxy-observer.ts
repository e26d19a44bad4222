import {
  createProxyCheck,
  type EventBus,
  type Lifecycle,
  lifecycle,
  type Middleware,
  type ProxyCheckOptions,
  type ProxyFinding,
} from '@alfred/core'
import type { Health, HealthCheck } from '@alfred/health'

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
const trustProxyCheck = (check: () => readonly ProxyFinding[]): HealthCheck => ({
  name: 'trust-proxy',
  kind: 'system',
  groups: ['health'],
  criticality: 'degrading',
  check() {
    const problems = check().map(({ problem }) => problem)
    // The words of a finding hold addresses, which a health document does not tell.
    const output = `trustProxy does not fit: ${problems.join(', ')}. The log says what to set.`
    return Promise.resolve({ status: 'warn', output })
  },
})

/**
 * Registers a health check once there is something to warn of. One that passes from the start would be the whole first round
 * of checks, and tell that the application has started before it could register its own.
 */
export function warnOfProxy(
  health: Pick<Health, 'register'>,
  events: EventBus,
  check: () => readonly ProxyFinding[],
): Lifecycle {
  const stop = events.on('proxy.misconfigured', () => {
    stop()
    health.register(trustProxyCheck(check))
  })
  return lifecycle(() => {
    stop()
  })
}
