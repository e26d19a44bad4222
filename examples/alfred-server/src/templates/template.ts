/** A prompt template as it is stored. */
export interface Template {
  readonly id: string
  readonly name: string
  /** Text with `{{placeholder}}` in it. */
  readonly content: string
  /** The placeholders that may be filled in. */
  readonly placeholders: readonly string[]
  readonly createdAt: Date
}

/** What a placeholder may be called. */
export const placeholderName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
