import type { Config } from 'dompurify'
import { isTagOpening } from './html-fast-path.ts'
import { levelsOf } from './html-structure.ts'
import {
  knownNames,
  simpleAttributes,
  type SimpleContent,
  type SimpleElement,
  simpleElements,
} from './simple-html-elements.ts'

/** Judges an element with its attributes' values as they are in the DOM. */
export type SimpleElementCheck = (name: string, attributes: ReadonlyMap<string, string>) => boolean

/** @returns the HTML, or `undefined` when a parser has to look at it */
export type SimpleHtml = (text: string, maxDepth: number) => string | undefined

/** An element that is open: one of the table, one of no meaning that is left out, or one that no tag opened. */
interface OpenElement {
  readonly name: string
  readonly content: SimpleContent
  readonly kind: 'dropped' | 'implied' | 'kept'
}

const impliedBody: OpenElement = { name: 'tbody', content: 'rows', kind: 'implied' }

/** Beyond, each leaves garbage to collect: what has more of them may take longer than this thread should. */
const mostReplacements = 4096

/** Characters that a parser drops or replaces. Form feed counts as white space in front of a body. */
const replaced = /[\0\f\r]/
/** A name that may mean nothing: ASCII alone, without hyphen, which makes a custom element, quotation mark and `=`. */
const plainName = /^[a-z][a-z0-9_.,:;<()[\]{}*&|+#$%!?@^~\\]*$/i
/** What DOMPurify takes for no scheme once white space is taken out, which is any start but that of one. */
const word = /^[\w -]*$/
const address = /^(?:https?:|mailto:|[/#])/

const lowerCaseOf = (names: readonly string[] | undefined): ReadonlySet<string> =>
  new Set(names?.map((name) => name.toLowerCase()))

/** Attributes that DOMPurify allows when they are asked for. */
const onlyIfListed: ReadonlySet<string> = new Set(['referrerpolicy'])

/** What of the tables a configuration lets through. */
function allowedBy({ ALLOWED_TAGS, ALLOWED_ATTR, FORBID_TAGS, FORBID_ATTR, USE_PROFILES }: Config) {
  const hasProfile = !USE_PROFILES || USE_PROFILES.html === true
  const tags = Array.isArray(ALLOWED_TAGS) ? lowerCaseOf(ALLOWED_TAGS) : undefined
  const attributes = Array.isArray(ALLOWED_ATTR) ? lowerCaseOf(ALLOWED_ATTR) : undefined
  const forbiddenTags = lowerCaseOf(FORBID_TAGS)
  const forbiddenAttributes = lowerCaseOf(FORBID_ATTR)
  const allowsTag = (name: string): boolean =>
    hasProfile && (tags?.has(name) ?? true) && !forbiddenTags.has(name)
  return {
    elements: new Map(
      [...simpleElements].filter(([name]) =>
        // DOMPurify lets a table have its body, whatever it was told.
        allowsTag(name === 'tbody' ? 'table' : name),
      ),
    ),
    attributes: new Map(
      [...simpleAttributes].filter(
        ([name]) =>
          hasProfile && (attributes?.has(name) ?? !onlyIfListed.has(name)) && !forbiddenAttributes.has(name),
      ),
    ),
    /** Names that are no element of HTML, and none of the policy's. */
    isMeaningless: (name: string): boolean => !knownNames.has(name) && tags?.has(name) !== true,
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09
const isLowerCase = (code: number): boolean => code >= 0x61 && code <= 0x7a
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
const isNameCharacter = (code: number): boolean => isLowerCase(code) || isDigit(code)

const holdsText = (content: SimpleContent): boolean => content === 'flow' || content === 'phrasing'

const mayStandIn = (content: SimpleContent, { place }: SimpleElement): boolean =>
  content === place || (content === 'flow' && place === 'phrasing')

/** The references that stay in text, as serialised, and those that become the character. */
const references: readonly (readonly [string, string])[] = [
  ['&lt;', '&lt;'],
  ['&gt;', '&gt;'],
  ['&amp;', '&amp;'],
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&nbsp;', '&nbsp;'],
]

/** Where an attribute's value ends, or -1 when the DOM's value would be written in another way. */
function valueEnd(text: string, from: number): number {
  for (let at = from; ; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) return at
    // 13.2.5.36 to 38: of references only those that the serialiser writes. `<` and `>` would be escaped.
    if (code === 0x26 && !text.startsWith('&amp;', at) && !text.startsWith('&quot;', at)) return -1
    if (code === 0x3c || code === 0x3e || code === 0xa0 || Number.isNaN(code)) return -1
  }
}

const valueInDom = (value: string): string =>
  value.includes('&') ? value.replaceAll('&quot;', '"').replaceAll('&amp;', '&') : value

/** Whether DOMPurify keeps a value, and keeps it as it is: it trims every value. */
function staysAsItIs(kind: 'address' | 'text' | 'word', value: string): boolean {
  if (kind === 'word' ? !word.test(value) : kind === 'address' && !address.test(value)) return false
  return value.trim().length === value.length
}

/**
 * Sanitises well-formed HTML of plain elements without a DOM: what an editor or a Markdown renderer writes, and text in which
 * names in angle brackets are no HTML at all, as in `Map<string, number>`.
 *
 * What comes out is the text that went in, of which tags that mean nothing are cut out and single characters are replaced:
 * `<`, `>`, `&` and no-break spaces by references, references to quotation marks by these, `<br/>` by `<br>`; and a `tbody`
 * that was left out is written. So the output has no tag but those of `simpleElements`, and no attribute but those of
 * `simpleAttributes`, and of both only what the policy allows, with values without `<` and `>`.
 *
 * It is, byte for byte, what DOMPurify on a DOM gives:
 *
 * - The tree is the one that the tags show, as `simpleElements` tells of each. `html`, `head` and `body` open by themselves
 *   (HTML Standard, 13.2.6.4.1 to 6), and DOMPurify puts back the white space that is dropped there.
 * - Every end tag closes the element opened last, and a text is text as long as its references are known.
 * - An element that parsers have no rules for ("any other start tag" and "any other end tag" of 13.2.6.4.7) is in nobody's
 *   way: an end tag of another element closes it too. DOMPurify leaves its content and takes it away.
 * - DOMPurify takes nothing away of what its lists allow: no element has a namespace other than HTML's, none holds raw text,
 *   and none is one that may be clobbered.
 * - The serialiser (13.3) writes the same tags, attributes in the same order, and the characters as above.
 *
 * Everything that it is not sure of is left to the parser, at the first character that shows it.
 *
 * @param check - judges elements that have attributes beside the policy's lists
 */
export function createSimpleHtml(config: Config, check?: SimpleElementCheck): SimpleHtml {
  const { elements, attributes, isMeaningless } = allowedBy(config)

  /** @returns where the attributes end, or -1 when a parser has to look at them */
  const readAttributes = (text: string, from: number, name: string): number => {
    let at = from
    const seen = new Map<string, string>()
    // A space, a name, `="`.
    while (text.charCodeAt(at) === 0x20 && isLowerCase(text.charCodeAt(at + 1))) {
      const nameFrom = at + 1
      at = nameFrom
      while (isLowerCase(text.charCodeAt(at))) at += 1
      const attribute = text.slice(nameFrom, at)
      const kind = attributes.get(attribute)
      // A second one of the same name would be dropped.
      if (!kind || seen.has(attribute) || !text.startsWith('="', at)) return -1
      const end = valueEnd(text, at + 2)
      if (end === -1) return -1
      const value = text.slice(at + 2, end)
      if (!staysAsItIs(kind, value)) return -1
      seen.set(attribute, value)
      at = end + 1
    }
    if (!check) return at
    for (const [attribute, value] of seen) seen.set(attribute, valueInDom(value))
    return check(name, seen) ? at : -1
  }

  return (text, maxDepth) => {
    // Of such text DOMPurify changes nothing.
    if (!text.includes('<')) return text
    if (replaced.test(text)) return undefined
    const open: OpenElement[] = []
    let content: SimpleContent = 'flow'
    let links = 0
    let output = ''
    let copied = 0
    // As `measureHtml` counts, or more: it is what refuses a text that is too deep.
    let depth = 0
    let deepest = 0
    /** Whether every end tag was that of the element opened last; from the first that is not it counts none. */
    let isFollowed = true
    let at = 0

    let replacements = 0
    const replace = (length: number, by: string): void => {
      replacements += 1
      output += text.slice(copied, at) + by
      copied = at += length
    }
    const push = (element: OpenElement): void => {
      open.push(element)
      content = element.content
      if (element.name === 'a') links += 1
    }
    const pop = (): void => {
      if (open.pop()?.name === 'a') links -= 1
      content = open.at(-1)?.content ?? 'flow'
    }

    /** Cuts out a start tag that means nothing. */
    const dropStartTag = (): boolean => {
      let end = at + 1
      for (;;) {
        const code = text.charCodeAt(end)
        if (code === 0x3e || code === 0x2f || isSpace(code)) break
        if (Number.isNaN(code)) return false
        end += 1
      }
      const written = text.slice(at + 1, end)
      const name = written.toLowerCase()
      if (!plainName.test(written) || !isMeaningless(name) || !holdsText(content)) return false
      for (;;) {
        const code = text.charCodeAt(end)
        if (code === 0x3e) break
        // Quotation marks could hold a `>`; elsewhere it ends the tag.
        if (code === 0x22 || code === 0x27 || code === 0x3d || code === 0x3c || Number.isNaN(code))
          return false
        end += 1
      }
      replace(end + 1 - at, '')
      push({ name, content, kind: 'dropped' })
      depth += 1
      deepest = Math.max(deepest, depth)
      return true
    }

    const startTag = (): boolean => {
      let end = at + 1
      while (isNameCharacter(text.charCodeAt(end))) end += 1
      const behind = text.charCodeAt(end)
      const element =
        behind === 0x3e || behind === 0x20 || behind === 0x2f
          ? elements.get(text.slice(at + 1, end))
          : undefined
      if (!element) return dropStartTag()
      const { name } = element
      if (name === 'tr' && content === 'sections') {
        // 13.2.6.4.9: a row right inside a table brings a body along.
        replace(0, '<tbody>')
        push(impliedBody)
      }
      // 13.2.6.4.7: a link closes an open one.
      if (!mayStandIn(content, element) || (name === 'a' && links > 0)) return false
      if (check || behind !== 0x3e) end = readAttributes(text, end, name)
      if (end === -1) return false
      const isVoid = element.content === 'nothing'
      if (text.charCodeAt(end) !== 0x3e) {
        const slash = text.startsWith('/>', end) ? 1 : text.startsWith(' />', end) ? 2 : 0
        if (!isVoid || slash === 0) return false
        at = end
        replace(slash, '')
        end = at
      }
      at = end + 1
      deepest = Math.max(deepest, depth + levelsOf(name))
      if (isVoid) return true
      depth += levelsOf(name)
      push({ name, content: element.content, kind: 'kept' })
      // 13.2.6.4.7: the line feed behind it is dropped.
      return name !== 'pre' || text.charCodeAt(at) !== 0x0a
    }

    const endTag = (): boolean => {
      const end = text.indexOf('>', at)
      if (end === -1) return false
      const name = text.slice(at + 2, end)
      if (open.at(-1)?.kind === 'implied' && name === 'table') {
        replace(0, '</tbody>')
        pop()
      }
      const top = open.at(-1)
      if (top?.kind === 'dropped' && plainName.test(name) && top.name === name.toLowerCase()) {
        replace(end + 1 - at, '')
        if (isFollowed) depth -= 1
        pop()
        return true
      }
      // What means nothing and was never closed ends with what it is in.
      while (open.at(-1)?.kind === 'dropped') {
        isFollowed = false
        pop()
      }
      const closed = open.at(-1)
      if (closed?.name !== name || closed.kind !== 'kept') return false
      if (isFollowed) depth -= levelsOf(name)
      pop()
      at = end + 1
      return true
    }

    /** A reference, or an ampersand that begins none (13.2.5.72). */
    const ampersand = (): boolean => {
      const reference = references.find(([written]) => text.startsWith(written, at))
      if (!reference) {
        const next = text.charCodeAt(at + 1)
        const mayBegin = next === 0x23 || isDigit(next) || isLowerCase(next | 0x20)
        if (mayBegin) return false
        replace(1, '&amp;')
        return true
      }
      const [written, becomes] = reference
      if (written === becomes) at += written.length
      else replace(written.length, becomes)
      return true
    }

    while (at < text.length) {
      const code = text.charCodeAt(at)
      if (code === 0x3c && isTagOpening(text.charCodeAt(at + 1))) {
        const isRead = text.charCodeAt(at + 1) === 0x2f ? endTag() : startTag()
        if (!isRead || deepest >= maxDepth || replacements > mostReplacements) return undefined
      } else if (replacements > mostReplacements) return undefined
      else if (!holdsText(content)) {
        if (!isSpace(code)) return undefined
        at += 1
      } else if (code === 0x26) {
        if (!ampersand()) return undefined
      } else if (code === 0x3c) replace(1, '&lt;')
      else if (code === 0x3e) replace(1, '&gt;')
      else if (code === 0xa0) replace(1, '&nbsp;')
      else at += 1
    }
    if (open.some(({ kind }) => kind !== 'dropped')) return undefined
    return copied === 0 ? text : output + text.slice(copied)
  }
}
