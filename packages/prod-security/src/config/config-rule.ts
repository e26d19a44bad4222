import {
  applyRule,
  clockRule,
  eventBusRule,
  loggerRule,
  option,
  type OptionRule,
  plainEntries,
  reportMisplaced,
  trustProxyRule,
} from '@alfred/core'
import { allowedHostRule } from '@alfred/security-headers'
import type { AlfredConfig } from './alfred-config.ts'
import { stackPeers } from './stack-peers.ts'

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

/** What a layer may be given. */
type Layer<Key extends keyof AlfredConfig> = NonNullable<AlfredConfig[Key]>

/** Which short forms a layer takes in place of its options. */
type ShortForms = 'off' | 'off and on' | 'none'

const forms: Readonly<Record<ShortForms, { readonly values: readonly unknown[]; readonly words: string }>> = {
  'off and on': { values: [true, false], words: 'true, false or an object of options' },
  off: { values: [false], words: 'false or an object of options' },
  none: { values: [], words: 'an object of options' },
}

/** Takes anything that can be looked at; what it is the layer checks. */
const readable: OptionRule<unknown> = (value) => {
  // Throws for a proxy that does not let itself be looked at.
  if (typeof value === 'object' && value !== null) Object.entries(value)
  return value
}

/**
 * The rule for a layer's options, whose members the layer itself checks. The result is a copy.
 *
 * @param lacking - for layers that `true` cannot switch on: the options that have no default
 * @param parts - options that are objects of options themselves, and are given the same as the layer
 */
const layerRule =
  <Options>(
    shortForms: ShortForms,
    { lacking, parts = [] }: { readonly lacking?: string; readonly parts?: readonly string[] } = {},
  ): OptionRule<Options> =>
  (value, report) => {
    const { values, words } = forms[shortForms]
    // The layer checks what it is given; here it is one of the forms that its type has.
    if (values.includes(value)) return value as Options
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const why = value === true && lacking !== undefined ? `: ${lacking} has no default` : ''
      report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${words}${why}.`)
      return undefined
    }
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    const options: Record<string, unknown> = Object.fromEntries(entries)
    const place = 'at the top of the configuration, where it is said once for all layers'
    reportMisplaced(options, givenByTheStack, place, report)
    for (const part of parts) {
      options[part] = applyRule(readable, options[part], report.at(part))
      reportMisplaced(options[part], givenByTheStack, place, report.at(part))
    }
    // As above.
    return options as Options
  }

/** Checks everything but the members of the layers' own options. */
export const configRule = option.object<AlfredConfig>(
  {
    trustProxy: trustProxyRule,
    allowedHosts: (value, report) => (value === false ? value : option.list(allowedHostRule)(value, report)),
    identify: option.syncFunction<NonNullable<AlfredConfig['identify']>>(),
    headers: layerRule<Layer<'headers'>>('off and on'),
    cspReports: layerRule<Layer<'cspReports'>>('off and on'),
    cors: layerRule<Layer<'cors'>>('off', { lacking: 'origin' }),
    csrf: layerRule<Layer<'csrf'>>('off and on'),
    rateLimit: layerRule<Layer<'rateLimit'>>('off and on', { parts: ['redis'] }),
    requestLimits: layerRule<Layer<'requestLimits'>>('off and on'),
    loadShedding: layerRule<Layer<'loadShedding'>>('off and on'),
    server: layerRule<Layer<'server'>>('none'),
    bodyGuard: layerRule<Layer<'bodyGuard'>>('off and on'),
    clientKeys: layerRule<Layer<'clientKeys'>>('off', { lacking: 'store' }),
    html: layerRule<Layer<'html'>>('off and on'),
    markdown: layerRule<Layer<'markdown'>>('off and on'),
    vault: layerRule<Layer<'vault'>>('off', { lacking: 'store' }),
    health: layerRule<Layer<'health'>>('off and on'),
    metrics: layerRule<Layer<'metrics'>>('off and on', { parts: ['http'] }),
    tracing: layerRule<Layer<'tracing'>>('off and on'),
    alerting: layerRule<Layer<'alerting'>>('off', { lacking: 'errorTracker or dispatcher' }),
    onError: option.function<NonNullable<AlfredConfig['onError']>>(),
    logger: loggerRule,
    clock: clockRule,
    events: eventBusRule,
  },
  { peers: stackPeers },
)
