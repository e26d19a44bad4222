import {
  clockRule,
  eventBusRule,
  loggerRule,
  option,
  type OptionRule,
  reportMisplaced,
  trustProxyRule,
} from '@alfred/core'
import { allowedHostRule } from '@alfred/security-headers'
import type { AlfredConfig } from './alfred-config.ts'

/** What the configuration says once for all layers. */
const givenByTheStack = ['clock', 'events', 'logger', 'trustProxy'] as const

/**
 * The options of a layer without those that the stack gives it; {@link configRule} reports them.
 *
 * @param options - as the application gave them
 */
export function withoutGiven<Options extends object>(options: Options): Options {
  const own = { ...options }
  for (const name of givenByTheStack) Reflect.deleteProperty(own, name)
  return own
}

/**
 * Checked by the layer itself, which knows its options.
 *
 * @param parts - options that are objects of options themselves, and are given the same as the layer
 */
const layerRule =
  (...parts: readonly string[]): OptionRule<unknown> =>
  (value, report) => {
    if (typeof value === 'object' && value !== null) {
      const place = 'at the top of the configuration, where it is said once for all layers'
      reportMisplaced(value, givenByTheStack, place, report)
      for (const part of parts) {
        reportMisplaced(Reflect.get(value, part), givenByTheStack, place, report.at(part))
      }
      return value
    }
    if (typeof value === 'boolean') return value
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be true, false or an object of options.')
    return undefined
  }

/** What the stack itself reads of the configuration. */
export type SharedConfig = Pick<
  AlfredConfig,
  'allowedHosts' | 'clock' | 'events' | 'identify' | 'logger' | 'onError' | 'trustProxy'
>

/** Checks everything but the layers' own options. */
export const configRule = option.object<
  SharedConfig & Record<Exclude<keyof AlfredConfig, keyof SharedConfig>, unknown>
>({
  trustProxy: trustProxyRule,
  allowedHosts: (value, report) => (value === false ? value : option.list(allowedHostRule)(value, report)),
  identify: option.syncFunction<NonNullable<AlfredConfig['identify']>>(),
  headers: layerRule(),
  cspReports: layerRule(),
  cors: layerRule(),
  csrf: layerRule(),
  rateLimit: layerRule('redis'),
  requestLimits: layerRule(),
  loadShedding: layerRule(),
  server: layerRule(),
  bodyGuard: layerRule(),
  clientKeys: layerRule(),
  html: layerRule(),
  markdown: layerRule(),
  vault: layerRule(),
  health: layerRule(),
  metrics: layerRule(),
  tracing: layerRule(),
  alerting: layerRule(),
  onError: option.function<NonNullable<AlfredConfig['onError']>>(),
  logger: loggerRule,
  clock: clockRule,
  events: eventBusRule,
})
