import type { SteppedWork } from '../detectors/text/stepped-work.ts'
import { pointerTo, type RequestPart } from './errors/validation-error.ts'
import type { ContentFlag, FlagCollector, InspectionWork, RaisedFlag } from '../inspection/flag-collector.ts'
import { textHash } from '../inspection/text-hash.ts'
import { inTurns, minCharacters } from '../inspection/turns.ts'

/** The most values that are looked at for the place of a text. */
const maxValues = 100_000

/** How many characters of a request are looked through at once; what is beyond takes turns with other work. */
const charactersAtOnce = 8192

/** The most flags that are told of one request: who sends more gains nothing, and floods no log. */
const maxFlags = 64

/** Where in a value its texts stand, as JSON Pointers, in the order of the value. */
function pointersIn(part: RequestPart, root: unknown): ReadonlyMap<string, readonly string[]> {
  const pointers = new Map<string, string[]>()
  const open: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [
    { value: root, path: [] },
  ]
  for (let seen = 0; open.length > 0 && seen < maxValues; seen++) {
    const { value, path } = open.pop() ?? { value: undefined, path: [] }
    if (typeof value === 'string') {
      const known = pointers.get(value)
      if (known) known.push(pointerTo(part, path))
      else pointers.set(value, [pointerTo(part, path)])
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value).reverse())
        open.push({ value: (value as Record<string, unknown>)[key], path: [...path, key] })
    }
  }
  return pointers
}

/** Texts that are still to be looked through, and how often each was met. */
interface LeftTexts {
  readonly inspect: InspectionWork
  readonly times: Map<string, number>
  readonly add: FlagCollector['add']
}

function* inspectTexts({ inspect, times, add }: LeftTexts): SteppedWork<void> {
  for (const [text, count] of times) {
    const flags: RaisedFlag[] = []
    yield* inspect(text, flags)
    for (let time = 0; time < Math.min(count, maxFlags); time++) flags.forEach(add)
  }
}

/** Finds where a text stands. */
type FindPointers = (text: string) => readonly string[]

/** Gathers the flags of one request and finds their places. */
export interface RequestFlags {
  /** Where the fields of one part leave theirs. */
  collector(part: RequestPart, input: unknown): FlagCollector
  /** Whether fields have left texts to be looked through. */
  hasLeft(): boolean
  /** Looks through what fields have left, in turns with other work. */
  inspectLeft(): Promise<unknown>
  /** Tells of the flags so far; those that come later are told at once. @returns the flags so far */
  settle(): readonly ContentFlag[]
}

/**
 * Gathers the flags of one request.
 *
 * A schema does not tell its checks where they are, so the place is found by the text: it is the text's place in the
 * input, the first for the first flag and so on where the same text is there several times. A text that the schema
 * changed before its field saw it has the pointer of its part. No more than 64 flags of a request are told.
 */
export function createRequestFlags(
  requestId: string | undefined,
  tell: (flag: ContentFlag) => void,
): RequestFlags {
  const raised: {
    readonly part: RequestPart
    readonly pointersOf: FindPointers
    readonly flag: RaisedFlag
  }[] = []
  const left: LeftTexts[] = []
  let isSettled = false
  let emitted = 0

  const tellPlaced = (part: RequestPart, { text, ...flag }: RaisedFlag, pointer: string): ContentFlag => {
    const placed: ContentFlag = {
      ...flag,
      spans: flag.spans.map(({ start, end }) => ({ start, end, hash: textHash(text.slice(start, end)) })),
      hash: textHash(text),
      pointer: pointer === '' ? pointerTo(part, []) : pointer,
      requestId,
    }
    emitted += 1
    tell(placed)
    return placed
  }

  return {
    collector(part, input) {
      let known: ReadonlyMap<string, readonly string[]> | undefined
      const pointersOf: FindPointers = (text) => (known ??= pointersIn(part, input)).get(text) ?? []
      let charactersLeft = charactersAtOnce
      const add: FlagCollector['add'] = (flag) => {
        if (!isSettled) raised.push({ part, pointersOf, flag })
        else if (emitted < maxFlags) tellPlaced(part, flag, pointersOf(flag.text)[0] ?? '')
      }
      const leftHere = new Map<object, LeftTexts>()
      return {
        add,
        mayHoldUp(characters) {
          if (characters > charactersLeft) return false
          charactersLeft -= Math.max(characters, minCharacters)
          return true
        },
        leave(by, text, inspect) {
          let texts = leftHere.get(by)
          if (!texts) {
            texts = { inspect, times: new Map(), add }
            leftHere.set(by, texts)
            left.push(texts)
          }
          texts.times.set(text, (texts.times.get(text) ?? 0) + 1)
        },
      }
    },
    hasLeft: () => left.length > 0,
    inspectLeft: () => Promise.all(left.map((texts) => inTurns(inspectTexts(texts)))),
    settle() {
      isSettled = true
      const taken = new Map<string, number>()
      const flags: ContentFlag[] = []
      for (const { part, pointersOf, flag } of raised) {
        if (emitted === maxFlags) break
        const found = pointersOf(flag.text)
        const key = `${part} ${flag.kind} ${flag.detector} ${flag.text}`
        const index = taken.get(key) ?? 0
        // A schema that turns out to be asynchronous is run twice, and a union tries every branch.
        if (index >= Math.max(found.length, 1)) continue
        taken.set(key, index + 1)
        flags.push(tellPlaced(part, flag, found[index] ?? ''))
      }
      return flags
    },
  }
}
