import type { Config } from 'dompurify'
import { isLowerCase } from './character-codes.ts'
import { knownNames, simpleAttributes, type SimpleElement, simpleElements } from './simple-html-elements.ts'

/** Judges an element with its attributes' values as they are in the DOM. */
export type SimpleElementCheck = (name: string, attributes: ReadonlyMap<string, string>) => boolean

/** What of the tables of simple HTML a configuration of DOMPurify lets through. */
export interface SimpleHtmlPolicy {
  readonly elements: ReadonlyMap<string, SimpleElement>
  /** Whether a name is no element of HTML, and none that the configuration allows. */
  isMeaningless(name: string): boolean
  /**
   * Reads the attributes of a start tag.
   *
   * @returns where they end, or -1 when a parser has to look at them
   */
  readAttributes(text: string, from: number, name: string): number
  /** Whether elements without attributes are judged too. */
  readonly judgesEveryElement: boolean
}

/** What DOMPurify takes for no scheme once white space is taken out, which is any start but that of one. */
const word = /^[\w -]*$/
const address = /^(?:https?:|mailto:|[/#])/

const lowerCaseOf = (names: readonly string[] | undefined): ReadonlySet<string> =>
  new Set(names?.map((name) => name.toLowerCase()))

/** Attributes that DOMPurify allows when they are asked for. */
const onlyIfListed: ReadonlySet<string> = new Set(['referrerpolicy'])

/**
 * Reads what a configuration allows.
 *
 * @param check - judges elements beside the configuration's lists
 */
export function createSimpleHtmlPolicy(config: Config, check?: SimpleElementCheck): SimpleHtmlPolicy {
  const { elements, attributes, isMeaningless } = allowedBy(config)

  return {
    elements,
    isMeaningless,
    judgesEveryElement: check !== undefined,
    readAttributes(text, from, name) {
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
    },
  }
}

function allowedBy({ ADD_TAGS, ALLOWED_TAGS, ALLOWED_ATTR, FORBID_TAGS, FORBID_ATTR, USE_PROFILES }: Config) {
  const hasProfile = !USE_PROFILES || USE_PROFILES.html === true
  const tags = Array.isArray(ALLOWED_TAGS) ? lowerCaseOf(ALLOWED_TAGS) : undefined
  const attributes = Array.isArray(ALLOWED_ATTR) ? lowerCaseOf(ALLOWED_ATTR) : undefined
  const addedTags = lowerCaseOf(Array.isArray(ADD_TAGS) ? ADD_TAGS : undefined)
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
    isMeaningless: (name: string): boolean =>
      !knownNames.has(name) && tags?.has(name) !== true && !addedTags.has(name),
  }
}

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
