import { inspectOptions, isPlainObject, loggerRule, type TrustProxy } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'
import { fromVariable } from './environment-variables.ts'
import { type VariableName, warnOfUnreadVariables } from './unread-variables.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The entries of a list; commas alone are no empty list, but an entry that the rule refuses. */
function list(value: string): string[] {
  const entries = value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return entries.length > 0 ? entries : [value]
}

/** The most hops that a rule accepts are two digits. */
const isHopCount = (value: string): boolean => /^\d{1,2}$/.test(value) && Number(value) <= 16

/** A number of hops, `false`, or a list of proxy addresses. What is none of them, `true` included, the rule refuses. */
function readTrustProxy(value: string): TrustProxy {
  if (value === 'false') return false
  return isHopCount(value) ? Number(value) : fromVariable(list(value), 'TRUST_PROXY')
}

/** Adds what the environment says to a layer's options; what is no object, `false` among them, stays for the layer to judge. */
const extend = <Options extends object>(
  option: boolean | Options | undefined,
  added: Partial<Options>,
): boolean | Options =>
  option === undefined || option === true || isPlainObject(option)
    ? ({ ...(isPlainObject(option) ? option : {}), ...added } as Options)
    : option

/**
 * Adds to a configuration what differs between deployments. Nothing in these packages reads the environment
 * unless you pass it here.
 *
 * | variable | meaning |
 * | --- | --- |
 * | `ALLOWED_HOSTS` | `allowedHosts`, separated by commas |
 * | `ALLOWED_ORIGINS` | `cors.origin`, separated by commas |
 * | `TRUST_PROXY` | `trustProxy`: a number of hops, `false`, or addresses separated by commas |
 * | `REDIS_URL` | `rateLimit.redis.url` |
 * | `ALLOW_ADDRESSES`, `DENY_ADDRESSES` | `rateLimit.allow`, `rateLimit.deny`: addresses and networks separated by commas |
 * | `METRICS_TOKEN` | `metrics.access.token`: the bearer token that may read `/metrics` |
 *
 * A variable wins over the same option in `config`; an empty one counts as unset. A layer that `config` switches
 * off stays off. The `logger` of `config` is warned of a variable whose layer is off, and of names that are nearly one
 * of these. The values are judged by the layers, with the rest of the configuration.
 *
 * @example
 * ```ts
 * import { alfredHardening, fromEnv } from '@alfred/prod-security'
 *
 * export const guard = alfredHardening(fromEnv(process.env, { headers: { preset: 'spa' } }))
 * ```
 */
export function fromEnv(environment: Environment, config: AlfredConfig = {}): AlfredConfig {
  // What is no configuration is for alfredHardening to judge.
  const isObject: boolean = isPlainObject(config)
  if (!isObject) return config
  const read = (name: VariableName): string | undefined => environment[name]?.trim() || undefined
  const origins = read('ALLOWED_ORIGINS')
  const hosts = read('ALLOWED_HOSTS')
  const trustProxy = read('TRUST_PROXY')
  const redisUrl = read('REDIS_URL')
  const metricsToken = read('METRICS_TOKEN')
  const allow = read('ALLOW_ADDRESSES')
  const deny = read('DENY_ADDRESSES')
  const { cors, rateLimit, metrics } = config
  const { value: logger } = inspectOptions('logger', config.logger, loggerRule)
  if (logger) warnOfUnreadVariables(environment, config, logger)

  return {
    ...config,
    ...(hosts && { allowedHosts: fromVariable(list(hosts), 'ALLOWED_HOSTS') }),
    ...(trustProxy !== undefined && { trustProxy: readTrustProxy(trustProxy) }),
    ...(origins &&
      (cors === undefined || isPlainObject(cors)) && {
        cors: { ...cors, origin: fromVariable(list(origins), 'ALLOWED_ORIGINS') },
      }),
    ...((redisUrl ?? allow ?? deny) && {
      rateLimit: extend(rateLimit, {
        ...(redisUrl && { redis: fromVariable({ url: redisUrl }, 'REDIS_URL') }),
        ...(allow && { allow: fromVariable(list(allow), 'ALLOW_ADDRESSES') }),
        ...(deny && { deny: fromVariable(list(deny), 'DENY_ADDRESSES') }),
      }),
    }),
    ...(metricsToken && {
      metrics: extend(metrics, { access: fromVariable({ token: metricsToken }, 'METRICS_TOKEN') }),
    }),
  }
}
