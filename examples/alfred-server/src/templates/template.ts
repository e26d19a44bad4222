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

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_]{0,63})\s*\}\}/g

/**
 * Fills in a template. One pass: what a value says is never looked at again, and nothing is evaluated.
 * Text in braces that is no declared placeholder stays as it is.
 */
export function renderTemplate(
  { content, placeholders }: Pick<Template, 'content' | 'placeholders'>,
  values: Readonly<Record<string, string>>,
): string {
  return content.replaceAll(placeholder, (verbatim, name: string) =>
    placeholders.includes(name) && Object.hasOwn(values, name) ? (values[name] ?? verbatim) : verbatim,
  )
}
