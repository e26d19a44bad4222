import { type ConfigProblem, isAlfredError } from '@alfred/core'
import type { Health, HealthCheck } from '@alfred/health'
import type { ClientKeys } from '@alfred/key-vault/client-keys'
import type { RateLimiter } from '@alfred/rate-limit'
import type { LayerContext } from './layer-definition.ts'

/**
 * Holds the readiness probe back until the store has answered once, then shows in `/healthz` alone: an
 * instance whose store is away still serves, as its policies say, and so do all the others.
 */
const rateLimitStoreCheck = (limiter: Pick<RateLimiter, 'ping'>): HealthCheck => ({
  name: 'rate-limit-store',
  kind: 'datastore',
  criticality: 'degrading',
  requiredToStart: true,
  groups: ['startup', 'health'],
  intervalMs: 1000,
  check: () => limiter.ping(),
})

/** As with the rate limits' store: an instance goes on with the keys it knows, and others have the same store. */
const clientKeyStoreCheck = (clientKeys: Pick<ClientKeys, 'ping'>): HealthCheck => ({
  name: 'client-key-store',
  kind: 'datastore',
  criticality: 'degrading',
  requiredToStart: true,
  groups: ['startup', 'health'],
  intervalMs: 5000,
  check: () => clientKeys.ping(),
})

/** Shows in the health of the server whether the store of its limits answers. */
export function watchLimiterStore(limiter: RateLimiter, { built, requested, problems }: LayerContext): void {
  const { rateLimit } = requested
  if (!built.health || !rateLimit || (!rateLimit.redis && !rateLimit.store)) return
  registerCheck(built.health, rateLimitStoreCheck(limiter), problems)
}

/** Shows in the health of the server whether the store of its clients' keys answers. */
export function watchClientKeyStore(clientKeys: ClientKeys, { built, problems }: LayerContext): void {
  if (built.health) registerCheck(built.health, clientKeyStoreCheck(clientKeys), problems)
}

/** Registers a check of the stack; a check of the application with its name is a problem of the configuration. */
function registerCheck(health: Health, check: HealthCheck, problems: ConfigProblem[]): void {
  try {
    health.register(check)
  } catch (error) {
    if (!isAlfredError(error, 'ALFRED_HEALTH_DUPLICATE_CHECK')) throw error
    problems.push({
      path: 'health.checks',
      code: 'ALFRED_CONFIG_CONFLICT',
      message: `must not hold a check named ${check.name}: the stack registers it.`,
    })
  }
}
