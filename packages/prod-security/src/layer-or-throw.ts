import { AlfredError } from '@alfred/core'
import type { AlfredConfig } from './config/alfred-config.ts'

/**
 * The layer, or an error that says how to switch it on: reading a layer that the configuration left
 * out is a mistake in the program, not a case to handle.
 *
 * @throws `AlfredError` `ALFRED_LAYER_OFF`
 */
export function layerOrThrow<T>(layer: T | undefined, key: keyof AlfredConfig): T {
  if (layer !== undefined) return layer
  throw new AlfredError(
    'ALFRED_LAYER_OFF',
    `The ${key} layer is off. Give alfredHardening() a "${key}" option to use it.`,
  )
}
