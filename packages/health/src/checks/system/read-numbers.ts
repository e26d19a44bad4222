import { dropRejection } from '@alfred/core'

/**
 * Reads what a function of the application measured. A missing number compares as false with every threshold, which would
 * pass.
 *
 * @throws TypeError when one of `names` is no finite number
 */
export function readNumbers<T extends object>(
  option: string,
  reading: T,
  names: readonly (keyof T & string)[],
): T {
  const record: unknown = reading
  dropRejection(record)
  for (const name of names) {
    const value: unknown =
      typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined
    if (!Number.isFinite(value)) throw new TypeError(`${option} must return a finite ${name}`)
  }
  return reading
}
