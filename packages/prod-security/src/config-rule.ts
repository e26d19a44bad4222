import { clockRule, eventBusRule, loggerRule, option, type OptionRule, trustProxyRule } from '@alfred/core'
import type { AlfredConfig } from './alfred-config.ts'

/** Checked by the layer itself, which knows its options. */
const layerRule: OptionRule<unknown> = (value, report) => {
  if (typeof value === 'boolean' || (typeof value === 'object' && value !== null)) return value
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be true, false or an object of options.')
  return undefined
}

/** What the stack itself reads of the configuration. */
export type SharedConfig = Pick<
  AlfredConfig,
  'clock' | 'events' | 'identify' | 'logger' | 'onError' | 'trustProxy'
>

/** Checks everything but the layers' own options. */
export const configRule = option.object<
  SharedConfig & Record<Exclude<keyof AlfredConfig, keyof SharedConfig>, unknown>
>({
  trustProxy: trustProxyRule,
  identify: option.syncFunction<NonNullable<AlfredConfig['identify']>>(),
  headers: layerRule,
  cspReports: layerRule,
  cors: layerRule,
  csrf: layerRule,
  rateLimit: layerRule,
  requestLimits: layerRule,
  loadShedding: layerRule,
  server: layerRule,
  bodyGuard: layerRule,
  clientKeys: layerRule,
  html: layerRule,
  markdown: layerRule,
  vault: layerRule,
  health: layerRule,
  metrics: layerRule,
  tracing: layerRule,
  alerting: layerRule,
  onError: option.function<NonNullable<AlfredConfig['onError']>>(),
  logger: loggerRule,
  clock: clockRule,
  events: eventBusRule,
})
