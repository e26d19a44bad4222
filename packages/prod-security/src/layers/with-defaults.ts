import { isPlainObject } from '@alfred/core'

/**
 * Options over defaults of the stack's; one that is `undefined` counts as left out. What is no plain object is returned as
 * it is: the layer refuses it, where spreading it would hide it.
 */
export function withDefaults<Options extends object>(
  defaults: Options,
  options: Options | undefined,
): Options {
  if (options === undefined) return defaults
  if (!isPlainObject(options)) return options
  const chosen = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.assign({ ...defaults }, Object.fromEntries(chosen))
}
