import { AlfredConfigError, type ConfigProblem } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'

type Environment = Readonly<Record<string, string | undefined>>

const list = (value: string): string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** A number of hops, or a list of proxy addresses. */
const readTrustProxy = (value: string): number | readonly string[] =>
  /^\d+$/.test(value.trim()) ? Number(value) : list(value)

/**
 * Reads the part of the configuration that differs between deployments. Nothing in these packages reads the
 * environment unless you pass it here.
 *
 * | variable | meaning |
 * | --- | --- |
 * | `ALLOWED_ORIGINS` | `cors.origin` and `csrf.trustedOrigins`, separated by commas |
 * | `TRUST_PROXY` | `trustProxy`: a number of hops, or addresses separated by commas |
 * | `REDIS_URL` | `rateLimit.redis.url` |
 * | `METRICS_TOKEN` | `metrics.access.token`: the bearer token that may read `/metrics` |
 *
 * Empty variables count as unset.
 *
 * @throws `AlfredConfigError` naming each variable that cannot be read
 *
 * @example
 * ```ts
 * import { alfredHardening, fromEnv } from '@alfred/prod-security'
 *
 * export const guard = alfredHardening({ ...fromEnv(process.env), headers: { preset: 'spa' } })
 * ```
 */
export function fromEnv(environment: Environment): AlfredConfig {
  const problems: ConfigProblem[] = []
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined
  const origins = read('ALLOWED_ORIGINS')
  const trustProxy = read('TRUST_PROXY')
  const redisUrl = read('REDIS_URL')
  const metricsToken = read('METRICS_TOKEN')

  if (redisUrl !== undefined && !/^rediss?:\/\//.test(redisUrl)) {
    problems.push({
      path: 'REDIS_URL',
      code: 'ALFRED_CONFIG_OUT_OF_RANGE',
      message: 'must start with redis:// or rediss://.',
    })
  }
  if (problems.length > 0) throw new AlfredConfigError(problems)
  return {
    ...(origins === undefined
      ? {}
      : { cors: { origin: list(origins) }, csrf: { trustedOrigins: list(origins) } }),
    ...(trustProxy === undefined ? {} : { trustProxy: readTrustProxy(trustProxy) }),
    ...(redisUrl === undefined ? {} : { rateLimit: { redis: { url: redisUrl } } }),
    ...(metricsToken === undefined ? {} : { metrics: { access: { token: metricsToken } } }),
  }
}
