import { type ConfigProblem, inspectOptions } from '@alfred/core'
import { layerKeys } from '../layers/assemble-layers.ts'
import type { RequestedLayers } from '../layers/layer-definition.ts'
import { layerTable } from '../layers/layers.ts'
import type { AlfredConfig } from './alfred-config.ts'
import { configRule, type NamedLayers, type StackConfig } from './config-rule.ts'

/** What a problem of the configuration as a whole is reported at. */
const root = 'alfredHardening(config)'

/** What is asked of each layer. Its options are checked by the layer itself. */
function withDefaults(named: NamedLayers): RequestedLayers {
  const requested = layerKeys.map((key) => [key, named[key] ?? layerTable[key].byDefault] as const)
  return Object.fromEntries(requested) as unknown as RequestedLayers
}

/**
 * Checks everything but the members of the layers' options, and copies it: each option is read once, and what is refused
 * is left out, so that the layers go on checking theirs.
 *
 * @param given - as the application gave it, of any type
 */
export function readConfig(given: AlfredConfig): {
  readonly config: StackConfig
  readonly requested: RequestedLayers
  readonly problems: ConfigProblem[]
} {
  const { value = {}, problems } = inspectOptions('', given, configRule)
  return {
    config: value,
    requested: withDefaults(value),
    problems: problems.map((problem) => (problem.path === '' ? { ...problem, path: root } : problem)),
  }
}
