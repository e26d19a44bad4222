import type { RequestPart } from '../request-input.ts'
import { pointerTo } from '../validation-error.ts'
import type { ContentFlag, FlagCollector, RaisedFlag } from './flag-collector.ts'

/** The most values that are looked at for the place of a text. */
const mostValues = 100_000

/** Where in a value a text stands, as JSON Pointers, in the order of the value. */
function placesOf(text: string, part: RequestPart, root: unknown): readonly string[] {
  const places: string[] = []
  const open: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [
    { value: root, path: [] },
  ]
  for (let seen = 0; open.length > 0 && seen < mostValues; seen++) {
    const { value, path } = open.pop() ?? { value: undefined, path: [] }
    if (value === text) places.push(pointerTo(part, path))
    else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value).reverse())
        open.push({ value: (value as Record<string, unknown>)[key], path: [...path, key] })
    }
  }
  return places
}

/** Gathers the flags of one request and finds their places. */
export interface RequestFlags {
  /** Where the fields of one part leave theirs. */
  collector(part: RequestPart, input: unknown): FlagCollector
  /** Tells of the flags so far; those that come later are told at once. @returns the flags so far */
  settle(): readonly ContentFlag[]
}

/**
 * Gathers the flags of one request.
 *
 * A schema does not tell its checks where they are, so the place is found by the text: it is the text's place in the
 * input, the first for the first flag and so on where the same text is there several times. A text that the schema
 * changed before its field saw it has the pointer of its part.
 */
export function createRequestFlags(
  requestId: string | undefined,
  tell: (flag: ContentFlag) => void,
): RequestFlags {
  const raised: { readonly part: RequestPart; readonly input: unknown; readonly flag: RaisedFlag }[] = []
  let isSettled = false

  const placed = (part: RequestPart, { text: _, ...flag }: RaisedFlag, pointer: string): ContentFlag => ({
    ...flag,
    pointer: pointer === '' ? pointerTo(part, []) : pointer,
    requestId,
  })

  return {
    collector: (part, input) => ({
      add(flag) {
        if (!isSettled) raised.push({ part, input, flag })
        else tell(placed(part, flag, placesOf(flag.text, part, input)[0] ?? ''))
      },
    }),
    settle() {
      isSettled = true
      const taken = new Map<string, number>()
      const flags: ContentFlag[] = []
      for (const { part, input, flag } of raised) {
        const places = placesOf(flag.text, part, input)
        const key = `${part} ${flag.kind} ${flag.detector} ${flag.hash}`
        const index = taken.get(key) ?? 0
        // A schema that turns out to be asynchronous is run twice, and a union tries every branch.
        if (index >= Math.max(places.length, 1)) continue
        taken.set(key, index + 1)
        const told = placed(part, flag, places[index] ?? '')
        flags.push(told)
        tell(told)
      }
      return flags
    },
  }
}
