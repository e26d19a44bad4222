import { isPlainObject } from '@alfred/core'

/**
 * Options over defaults of the stack's; one that is `undefined` counts as left out. What is no plain object is returned as
 * it is: the layer refuses it, where spreading it would hide it.
 */
export function orGiven<Options extends object>(defaults: Options, given: Options | undefined): Options {
  if (given === undefined) return defaults
  if (!isPlainObject(given)) return given
  const chosen = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.assign({ ...defaults }, Object.fromEntries(chosen))
}
