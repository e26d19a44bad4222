function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Freezes a tree of plain objects and lists, without recursion. Dates, maps and other instances are left
 * as they are: freezing does not stop their methods, and buffers cannot be frozen.
 */
export function deepFreeze(root: unknown): void {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (!isPlain(value) || Object.isFrozen(value)) continue
    Object.freeze(value)
    for (const child of Object.values(value)) open.push(child)
  }
}
