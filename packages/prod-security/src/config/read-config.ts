import { type ConfigProblem, inspectOptions } from '@alfred/core'
import { layerKeys } from '../layers/assemble-layers.ts'
import type { RequestedLayers } from '../layers/layer-definition.ts'
import { layerTable } from '../layers/layers.ts'
import { withDefaults } from '../layers/with-defaults.ts'
import type { AlfredConfig } from './alfred-config.ts'
import { configRule, type NamedLayers, type StackConfig } from './config-rule.ts'
import { type PresetName, presets } from './presets.ts'

const overPreset = (own: object | false | undefined, preset: object | false | undefined) =>
  own && preset ? withDefaults(preset, own) : (own ?? preset)

/** The layers of a preset, as the rule reads those of a configuration. */
function layersOf(preset: PresetName | undefined): NamedLayers {
  return (preset && inspectOptions('preset', presets[preset], configRule).value) ?? {}
}

/** What a problem of the configuration as a whole is reported at. */
const root = 'alfredHardening(config)'

/** What is asked of each layer: its options over those of the preset, which the layer itself checks. */
function requestedLayers(named: NamedLayers, preset: NamedLayers): RequestedLayers {
  const requested = layerKeys.map((key) => {
    const options = overPreset(named[key], preset[key]) ?? layerTable[key].byDefault
    return [key, options] as const
  })
  return Object.fromEntries(requested) as unknown as RequestedLayers
}

/**
 * Checks everything but the members of the layers' options, and copies it: each option is read once, and what is refused
 * is left out, so that the layers go on checking theirs.
 *
 * @param options - as the application gave it, of any type
 */
export function readConfig(options: AlfredConfig): {
  readonly config: StackConfig
  readonly requested: RequestedLayers
  readonly problems: ConfigProblem[]
} {
  const { value = {}, problems } = inspectOptions('', options, configRule)
  return {
    config: value,
    requested: requestedLayers(value, layersOf(value.preset)),
    problems: problems.map((problem) => (problem.path === '' ? { ...problem, path: root } : problem)),
  }
}
