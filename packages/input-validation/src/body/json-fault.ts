/** How much structure a JSON text may have. */
export interface JsonLimits {
  /** Objects and arrays inside each other; `[]` has depth 1. */
  readonly maxDepth: number
  /** Members of all objects of the text together. */
  readonly maxKeys: number
  /** Elements of any one array. */
  readonly maxArrayLength: number
}

/** What a JSON text was refused for. */
export type JsonFault =
  'array-too-long' | 'duplicate-key' | 'forbidden-key' | 'malformed' | 'too-deep' | 'too-many-keys'

const quote = 0x22
const comma = 0x2c
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** @returns where the string that opens before `from` has its closing quote, or -1 */
function closingQuote(text: string, from: number): number {
  let end = text.indexOf('"', from)
  while (end !== -1) {
    // Each run of backslashes is walked once: it lies between two quotes that are both looked at once.
    let before = end - 1
    while (before >= from && text.charCodeAt(before) === backslash) before -= 1
    if ((end - before) % 2 === 1) return end
    end = text.indexOf('"', end + 1)
  }
  return -1
}

/** The key between two quotes with its escapes resolved, so that `"\u005f_proto__"` is seen for what it is. */
function readKey(text: string, start: number, end: number): string | undefined {
  const raw = text.slice(start, end)
  if (!raw.includes('\\')) return raw
  try {
    const decoded: unknown = JSON.parse(`"${raw}"`)
    return typeof decoded === 'string' ? decoded : undefined
  } catch {
    return undefined
  }
}

/** What is open at one depth: an object with the keys seen, or an array with the commas counted. */
interface Frame {
  isObject: boolean
  /** Whether it is the value of a member `constructor`. */
  isConstructor: boolean
  firstKey: string | undefined
  /** Made at the second key: most objects inside lists are small, and many have one. */
  keys: Set<string> | undefined
  commas: number
}

/**
 * Whether a member reaches the prototype of an object once somebody copies a parsed body by assignment: `__proto__`, and
 * `prototype` in a `constructor`. The two words alone name ordinary things.
 */
const isForbidden = (key: string, { isConstructor }: Frame): boolean =>
  key === '__proto__' || (isConstructor && key === 'prototype')

/**
 * Finds the first structure of a JSON text that goes beyond the limits, in one pass and without recursion.
 *
 * It does not prove that the text is JSON: `JSON.parse` does that afterwards. Up to the first error of
 * syntax both see the same structure, so no part that `JSON.parse` builds goes unseen here.
 */
export function findJsonFault(text: string, limits: JsonLimits): JsonFault | undefined {
  const frames: Frame[] = []
  let depth = 0
  let keyCount = 0
  let frame: Frame | undefined
  let expectsKey = false
  let isConstructor = false

  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === quote) {
      const end = closingQuote(text, index + 1)
      if (end === -1) return 'malformed'
      if (expectsKey && frame) {
        if (++keyCount > limits.maxKeys) return 'too-many-keys'
        const key = readKey(text, index + 1, end)
        if (key === undefined) return 'malformed'
        if (isForbidden(key, frame)) return 'forbidden-key'
        isConstructor = key === 'constructor'
        if (frame.firstKey === undefined) frame.firstKey = key
        else {
          frame.keys ??= new Set([frame.firstKey])
          if (frame.keys.size === frame.keys.add(key).size) return 'duplicate-key'
        }
        expectsKey = false
      }
      index = end
    } else if (code === comma) {
      if (!frame) return 'malformed'
      isConstructor = false
      if (frame.isObject) expectsKey = true
      else if (++frame.commas >= limits.maxArrayLength) return 'array-too-long'
    } else if (code === openBrace || code === openBracket) {
      if (depth === limits.maxDepth) return 'too-deep'
      const isObject = code === openBrace
      frame = { isObject, isConstructor, firstKey: undefined, keys: undefined, commas: 0 }
      isConstructor = false
      frames[depth++] = frame
      expectsKey = isObject
    } else if (code === closeBrace || code === closeBracket) {
      if (!frame || frame.isObject !== (code === closeBrace)) return 'malformed'
      depth -= 1
      frame = depth === 0 ? undefined : frames[depth - 1]
      expectsKey = false
    }
  }
  return depth === 0 ? undefined : 'malformed'
}
