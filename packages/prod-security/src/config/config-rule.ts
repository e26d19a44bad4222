import {
  applyRule,
  clockRule,
  eventBusRule,
  isPlainObject,
  loggerRule,
  option,
  type OptionRule,
  plainEntries,
  reportMisplaced,
  trustProxyRule,
} from '@alfred/core'
import { allowedHostRule, exactOriginRule } from '@alfred/security-headers'
import type { AlfredConfig } from './alfred-config.ts'
import type { LayerForms, LayerKey } from '../layers/layer-definition.ts'
import { layerKeys } from '../layers/assemble-layers.ts'
import { layerTable } from '../layers/layers.ts'
import { stackPeers } from './stack-peers.ts'

/** What the configuration says once for all layers. */
const givenByTheStack: ReadonlySet<string> = new Set([
  'clock',
  'events',
  'logger',
  'publicOrigins',
  'trustProxy',
])

const belongs = 'at the top of the configuration, where it is said once for all layers'

/** The short forms that a layer takes in place of its options, and how to say it. */
function shortForms({ isSwitched = true, lacking }: LayerForms): {
  readonly values: readonly unknown[]
  readonly words: string
} {
  if (!isSwitched) return { values: [], words: 'an object of options' }
  if (lacking !== undefined) return { values: [false], words: 'false or an object of options' }
  return { values: [true, false], words: 'true, false or an object of options' }
}

/** Takes anything that can be looked at; what it is the layer checks. */
const readable: OptionRule<unknown> = (value) => {
  // Throws for a proxy that does not let itself be looked at.
  if (typeof value === 'object' && value !== null) Object.entries(value)
  return value
}

/** Members without those that the stack gives; they were reported. */
function withoutGiven(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !givenByTheStack.has(name)))
}

/**
 * The rule for a layer's options, whose members the layer itself checks. The result is a copy, without what the stack
 * gives.
 */
const layerRule =
  (forms: LayerForms): OptionRule<object | false> =>
  (value, report) => {
    const { values, words } = shortForms(forms)
    const { lacking, parts = [] } = forms
    if (value === false && values.includes(false)) return false
    if (value === true && values.includes(true)) return {}
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const why = value === true && lacking !== undefined ? `: ${lacking} has no default` : ''
      report.add('ALFRED_CONFIG_WRONG_TYPE', `must be ${words}${why}.`)
      return undefined
    }
    const entries = plainEntries(value, report)
    if (!entries) return undefined
    const whole: Readonly<Record<string, unknown>> = Object.fromEntries(entries)
    const options = withoutGiven(whole)
    reportMisplaced(whole, [...givenByTheStack], belongs, report)
    for (const part of parts) {
      const members = applyRule(readable, whole[part], report.at(part))
      reportMisplaced(members, [...givenByTheStack], belongs, report.at(part))
      options[part] = isPlainObject(members) ? withoutGiven(members) : members
    }
    return options
  }

/** What the configuration says of the stack as a whole. */
export type StackConfig = Omit<AlfredConfig, LayerKey>

/** What a configuration says of the layers: their options as they were given. */
export type NamedLayers = Readonly<Partial<Record<LayerKey, object | false>>>

const layerRules = Object.fromEntries(
  layerKeys.map((key) => [key, layerRule(layerTable[key])] as const),
) as Readonly<Record<LayerKey, OptionRule<object | false>>>

/** Checks everything but the members of the layers' own options. */
export const configRule = option.objectOf<StackConfig & NamedLayers>(
  {
    preset: option.oneOf('api', 'app', 'static', 'ai', 'strict'),
    trustProxy: trustProxyRule,
    allowedHosts: (value, report) => (value === false ? value : option.list(allowedHostRule)(value, report)),
    publicOrigins: option.list(exactOriginRule),
    identify: option.syncFunction<NonNullable<AlfredConfig['identify']>>(),
    onError: option.function<NonNullable<AlfredConfig['onError']>>(),
    logger: (value, report) => (value === false ? false : loggerRule(value, report)),
    clock: clockRule,
    events: eventBusRule,
    ...layerRules,
  },
  { peers: stackPeers },
)
