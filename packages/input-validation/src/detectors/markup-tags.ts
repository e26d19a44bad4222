import { indexOfUnit, isLetter, isSpace, isWordUnit, skipWhile } from './character.ts'

export interface MarkupAttribute {
  /** In lower case. */
  readonly name: string
  readonly value: string
  /** Whether the value stands without quotation marks. */
  readonly isBare: boolean
}

/** Something that a browser, or one of its elder relatives, takes for a tag. */
export interface MarkupTag {
  readonly start: number
  readonly end: number
  /** As written. */
  readonly name: string
  readonly isClosing: boolean
  /** Whether `/` or anything but white space parts the name from the attributes: a way around filters. */
  readonly isOddlyParted: boolean
  /** Whether it ends with `>`. */
  readonly isClosed: boolean
  /** Those that have a value. */
  readonly attributes: readonly MarkupAttribute[]
}

const isNamePart = (unit: number): boolean => isWordUnit(unit) || unit === 0x2d || unit === 0x3a

/** What ends an attribute's name. */
const isAttributeName = (unit: number): boolean =>
  unit > 0x20 &&
  unit !== 0x3d &&
  unit !== 0x3e &&
  unit !== 0x2f &&
  unit !== 0x22 &&
  unit !== 0x27 &&
  unit !== 0x60 &&
  unit !== 0xa0

const isUnquotedValue = (unit: number): boolean => unit > 0x20 && unit !== 0x3e

const quotes = '"\'`'

/** Reads the tag whose `<` stands at `start`; `limit` is where it must end. */
function readTag(text: string, start: number, limit: number): MarkupTag | undefined {
  let index = start + 1
  const isClosing = text.charAt(index) === '/'
  // `<?xml-stylesheet href=…?>` loads what it names; `<?php` is a program.
  if (isClosing || (text.charAt(index) === '?' && !text.startsWith('php', index + 1))) index++
  // NUL and white space before the name were overlooked by old browsers.
  while (
    index < limit &&
    (text.charCodeAt(index) === 0 || (index - start < 4 && text.charCodeAt(index) < 0x20))
  )
    index++
  if (!isLetter(text.charCodeAt(index))) return undefined
  const nameStart = index
  index = skipWhile(text, index, isNamePart, limit)
  const name = text.slice(nameStart, index)
  const parting = text.charCodeAt(index)
  const isOddlyParted =
    index < limit &&
    !isSpace(parting) &&
    parting !== 0x3e &&
    !(parting === 0x2f && text.charCodeAt(index + 1) === 0x3e)
  const attributes: MarkupAttribute[] = []
  while (index < limit && text.charCodeAt(index) !== 0x3e) {
    const unit = text.charCodeAt(index)
    if (!isAttributeName(unit)) {
      index++
      continue
    }
    const end = skipWhile(text, index, isAttributeName, limit)
    const nameFrom = index
    index = skipWhile(text, end, isSpace, limit)
    if (text.charCodeAt(index) !== 0x3d) {
      // Without a value it runs nothing.
      continue
    }
    index = skipWhile(text, index + 1, isSpace, limit)
    const quote = text.charAt(index)
    let valueEnd: number
    const isBare = quote === '' || !quotes.includes(quote)
    if (!isBare) {
      const close = text.slice(0, limit).indexOf(quote, index + 1)
      index++
      valueEnd = close === -1 ? limit : close
    } else valueEnd = skipWhile(text, index, isUnquotedValue, limit)
    attributes.push({
      name: text.slice(nameFrom, end).toLowerCase(),
      value: text.slice(index, valueEnd),
      isBare,
    })
    index = Math.max(valueEnd, index)
  }
  const isClosed = index < text.length && text.charCodeAt(index) === 0x3e
  return {
    start,
    end: Math.min(index + 1, text.length),
    name,
    isClosing,
    isOddlyParted,
    isClosed,
    attributes,
  }
}

const nextTag = (text: string, start: number): number => indexOfUnit(text, 0x3c, start)

/** Visits tags as HTML's tokeniser reads them: quotation marks may hold `<` and `>`. Each character is read once. */
export function visitQuotedTags(text: string, visit: (tag: MarkupTag) => void): void {
  for (let start = nextTag(text, 0); start !== -1;) {
    const tag = readTag(text, start, text.length)
    if (tag) visit(tag)
    start = nextTag(text, tag ? Math.max(tag.end - 1, start + 1) : start + 1)
  }
}

/** Visits tags between every `<` and the next `<` or `>`, whatever quotation marks say: finds what unbalanced ones hide. */
export function visitPlainTags(text: string, visit: (tag: MarkupTag) => void): void {
  for (let start = nextTag(text, 0); start !== -1;) {
    const next = nextTag(text, start + 1)
    const tag = readTag(text, start, next === -1 ? text.length : next)
    if (tag) visit(tag)
    start = next
  }
}
