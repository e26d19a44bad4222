import { AlfredError } from '@alfred/core'
import { layerKeys } from './assemble-layers.ts'
import type { BuiltLayers, GuardLayers } from './layer-types.ts'
import { layerTable } from './layers.ts'

/**
 * Gives `guard` a member for each layer that has something to offer. Reading a layer that is off is a mistake in the program, not a case to handle: it
 * throws `ALFRED_LAYER_OFF`.
 */
export function offerLayers<Guard extends object>(
  guard: Guard,
  built: Partial<BuiltLayers>,
): asserts guard is Guard & GuardLayers {
  for (const key of layerKeys.filter((each) => layerTable[each].isOffered)) {
    Object.defineProperty(guard, key, {
      enumerable: true,
      get() {
        const layer = built[key]
        if (layer !== undefined) return layer
        throw new AlfredError(
          'ALFRED_LAYER_OFF',
          `The ${key} layer is off. Give alfredHardening() a "${key}" option to use it.`,
          { layer: key },
        )
      },
    })
  }
}
