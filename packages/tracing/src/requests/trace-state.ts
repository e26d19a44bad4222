import type { TraceState } from '@opentelemetry/api'

/** W3C Trace Context Level 2, section 3.3.1.2: more members make a list invalid. */
const maxMembers = 32

/** Section 3.3.1.5: as much is to be propagated at least. */
const maxCharacters = 512

/** Section 3.3.1.5: longer members are removed first. */
const longMember = 128

/** Sections 3.3.1.3.1 and 3.3.1.3.2. */
const member = /^([a-z0-9][a-z0-9_\-*/@]{0,255})=([ -+\--<>-~]{0,255}[!-+\--<>-~])$/

type Members = readonly (readonly [key: string, value: string])[]

const write = ([key, value]: readonly [string, string]): string => `${key}=${value}`

/** The first members that fit; of a list that is too long, those without its long members. */
function fitting(members: Members): readonly string[] {
  const written = members.map(write)
  if (written.join().length <= maxCharacters) return written
  const kept: string[] = []
  let left = maxCharacters + 1
  for (const text of written.filter(({ length }) => length <= longMember)) {
    left -= text.length + 1
    if (left < 0) break
    kept.push(text)
  }
  return kept
}

function createTraceState(members: Members): TraceState {
  const without = (key: string): Members => members.filter(([known]) => known !== key)
  return {
    get: (key) => members.find(([known]) => known === key)?.[1],
    set: (key, value) =>
      member.test(write([key, value]))
        ? createTraceState([[key, value] as const, ...without(key)].slice(0, maxMembers))
        : createTraceState(members),
    unset: (key) => createTraceState(without(key)),
    serialize: () => fitting(members).join(),
  }
}

/**
 * Reads a `tracestate` field as W3C Trace Context Level 2 says, section 3.3. The SDK's own reader drops members that are
 * invalid and keeps the rest of the list; the specification has the whole list discarded.
 *
 * @param text - of several fields, joined with commas
 * @returns `undefined` when the list is empty or invalid; of a key that is there twice the first member counts
 */
export function parseTraceState(text: string): TraceState | undefined {
  const members = new Map<string, string>()
  let count = 0
  for (const part of text.split(',')) {
    const trimmed = part.replace(/^[ \t]+|[ \t]+$/g, '')
    if (trimmed === '') continue
    const [, key, value] = member.exec(trimmed) ?? []
    if (key === undefined || value === undefined || ++count > maxMembers) return undefined
    if (!members.has(key)) members.set(key, value)
  }
  return count === 0 ? undefined : createTraceState([...members])
}
