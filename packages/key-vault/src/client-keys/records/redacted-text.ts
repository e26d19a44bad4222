import { inspect } from 'node:util'

/** A text that prints itself only when asked to. */
export interface RedactedText {
  /** The text itself. */
  reveal(): string
  toString(): string
  toJSON(): string
}

const redact = (): string => '[secret]'

/** Wraps a text so that strings, JSON and `util.inspect` show `[secret]`. */
export function redactText(text: string): RedactedText {
  return Object.freeze({ reveal: () => text, toString: redact, toJSON: redact, [inspect.custom]: redact })
}
