import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** The parameters of `writeHead` after the status: a reason phrase and fields, as an object, a flat list or pairs. */
export type HeadParameters = readonly (string | OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined)[]

/** The head of a response as it is about to be sent. */
export interface SentHead {
  readonly response: ServerResponse
  readonly status: number
  /** What goes on to `writeHead`. */
  readonly rest: HeadParameters
  /** A field's value: what `writeHead` was given wins over what was set before. */
  field(name: string): string | undefined
  /** Sets a field where it stands. */
  setField(name: string, value: string): void
}

type Fields = OutgoingHttpHeaders | OutgoingHttpHeader[]

/** Reads the parameters of one call of `writeHead`. They are copied before they are changed. */
export function readHead(response: ServerResponse, status: number, parameters: HeadParameters): SentHead {
  // Node takes pairs from nobody who has set a field before, and a hook may set one.
  const rest: HeadParameters[number][] = parameters.map((parameter) =>
    isPairs(parameter) ? parameter.flat() : parameter,
  )
  const index = rest.findLastIndex((parameter) => typeof parameter === 'object')
  const passed = (): Fields | undefined => {
    const fields = rest[index]
    return typeof fields === 'object' ? fields : undefined
  }
  return {
    response,
    status,
    rest,
    field(name) {
      const fields = passed()
      return (fields && passedField(fields, name)) ?? asText(response.getHeader(name))
    },
    setField(name, value) {
      const fields = passed()
      if (fields && passedField(fields, name) !== undefined) rest[index] = withField(fields, name, value)
      else response.setHeader(name, value)
    },
  }
}

/** Fields as `[[name, value], …]`: Node takes them, its types do not. */
const isPairs = (parameter: HeadParameters[number]): parameter is OutgoingHttpHeader[] =>
  Array.isArray(parameter) && Array.isArray(parameter[0])

type Entry = readonly [name: string, value: OutgoingHttpHeader | undefined]

function entriesOf(fields: Fields): readonly Entry[] {
  if (!Array.isArray(fields)) return Object.entries(fields)
  return Array.from({ length: Math.floor(fields.length / 2) }, (_none, entry) => [
    String(fields[2 * entry]),
    fields[2 * entry + 1],
  ])
}

const isNamed =
  (name: string) =>
  ([key, value]: Entry): boolean =>
    value !== undefined && key.toLowerCase() === name

function passedField(fields: Fields, name: string): string | undefined {
  const values = entriesOf(fields).filter(isNamed(name))
  return values.length === 0 ? undefined : values.map(([, value]) => asText(value)).join(', ')
}

function withField(fields: Fields, name: string, value: string): Fields {
  const isOther = (entry: Entry): boolean => !isNamed(name)(entry)
  const entries: readonly Entry[] = [...entriesOf(fields).filter(isOther), [name, value]]
  return Array.isArray(fields)
    ? entries.flatMap(([key, kept]) => (kept === undefined ? [] : [key, kept]))
    : Object.fromEntries(entries)
}

const asText = (value: OutgoingHttpHeader | undefined): string | undefined =>
  Array.isArray(value) ? value.join(', ') : value?.toString()
