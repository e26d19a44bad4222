import { isLetter, isSpace, isWordUnit, skipWhile } from '../detectors/text/character.ts'

const maxNameLength = 64

interface Placeholder {
  readonly start: number
  readonly end: number
  readonly name: string
}

/** The next `{{name}}` from `from` on: a letter, then letters, digits and `_`, with white space around it. */
function nextPlaceholder(source: string, from: number): Placeholder | undefined {
  for (let start = source.indexOf('{{', from); start !== -1; start = source.indexOf('{{', start + 1)) {
    const nameStart = skipWhile(source, start + 2, isSpace)
    if (!isLetter(source.charCodeAt(nameStart))) continue
    const nameEnd = skipWhile(source, nameStart, isWordUnit)
    const end = skipWhile(source, nameEnd, isSpace)
    if (nameEnd - nameStart > maxNameLength || !source.startsWith('}}', end)) continue
    return { start, end: end + 2, name: source.slice(nameStart, nameEnd) }
  }
  return undefined
}

/** Whether `{{name}}` is a placeholder. */
export const isPlaceholderName = (name: string): boolean =>
  name.length <= maxNameLength &&
  isLetter(name.charCodeAt(0)) &&
  skipWhile(name, 0, isWordUnit) === name.length

/** The name of the placeholder that a text is, and nothing else. */
export function placeholderName(text: string): string | undefined {
  const found = nextPlaceholder(text, 0)
  return found?.start === 0 && found.end === text.length ? found.name : undefined
}

/** The names of a template's placeholders, each once. */
export function placeholdersOf(source: string): readonly string[] {
  const names = new Set<string>()
  for (let found = nextPlaceholder(source, 0); found; found = nextPlaceholder(source, found.end))
    names.add(found.name)
  return [...names]
}

/**
 * Fills in a template. One pass: what a value says is never looked at again, and nothing is evaluated.
 * Text in braces that has no value stays as it is. The result is text: escape it where it is shown.
 *
 * @example
 * ```ts
 * import { renderTemplate } from '@alfred/input-validation'
 *
 * renderTemplate('Review this {{ language }} code', { language: 'Rust' })
 * ```
 */
export function renderTemplate(source: string, values: Readonly<Record<string, string>>): string {
  let rendered = ''
  let copied = 0
  for (let found = nextPlaceholder(source, 0); found; found = nextPlaceholder(source, found.end)) {
    const { start, end, name } = found
    if (!Object.hasOwn(values, name)) continue
    rendered += source.slice(copied, start) + (values[name] ?? '')
    copied = end
  }
  return rendered + source.slice(copied)
}
