import type { Logger } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'

/** The layer that each variable belongs to. */
const layers = {
  ALLOWED_HOSTS: undefined,
  ALLOWED_ORIGINS: 'cors',
  TRUST_PROXY: undefined,
  REDIS_URL: 'rateLimit',
  ALLOW_ADDRESSES: 'rateLimit',
  DENY_ADDRESSES: 'rateLimit',
  METRICS_TOKEN: 'metrics',
} as const satisfies Readonly<Record<string, keyof AlfredConfig | undefined>>

/** A variable that `fromEnv` reads. */
export type VariableName = keyof typeof layers

const isSet = (value: string | undefined): boolean => (value?.trim() ?? '') !== ''

/** `ALLOWED_ORIGIN` and `ALLOW_ORIGINS` are one name to a person: words without their endings. */
const stemOf = (name: string): string =>
  name
    .toUpperCase()
    .split('_')
    .map((word) => word.replace(/IE[SD]$/, 'Y').replace(/(?<=SS)ES$|(?<=[^S])S$|ED$/, ''))
    .join('')

const byStem: ReadonlyMap<string, string> = new Map([
  ...Object.keys(layers).map((name) => [stemOf(name), name] as const),
  [stemOf('CORS_ORIGIN'), 'ALLOWED_ORIGINS'],
  [stemOf('CORS_ALLOWED_ORIGINS'), 'ALLOWED_ORIGINS'],
])

/**
 * Logs what would pass unnoticed: variables of a layer that is off, and names that are nearly one of ours.
 */
export function warnOfUnreadVariables(
  environment: Readonly<Record<string, string | undefined>>,
  config: AlfredConfig,
  logger: Logger,
): void {
  for (const [variable, layer] of Object.entries(layers)) {
    if (layer === undefined || config[layer] !== false || !isSet(environment[variable])) continue
    logger.warn({ variable, layer }, `${variable} is not used: ${layer} is off`)
  }
  for (const [name, value] of Object.entries(environment)) {
    const meant = byStem.get(stemOf(name))
    if (meant === undefined || name === meant || !isSet(value) || isSet(environment[meant])) continue
    logger.warn({ variable: name }, `${name} is not read. Did you mean ${meant}?`)
  }
}
