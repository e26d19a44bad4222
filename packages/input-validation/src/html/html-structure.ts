/** What a linear scan finds out about HTML before anything parses it. */
export interface HtmlStructure {
  /** How many start tags there are. */
  readonly tags: number
  /** At least the depth of the tree that a parser would build, `html` and `body` left out. */
  readonly depth: number
  /** Whether a tag has a hyphen in its name; custom elements are slow to make in jsdom. */
  readonly hasCustomElements: boolean
}

const setOf = (names: string): ReadonlySet<string> => new Set(names.split(' '))

/** Elements without content, wherever they stand: in SVG and MathML these tags end the foreign content. */
const alwaysVoid = setOf('br embed hr img meta')
/** Elements without content outside SVG and MathML. */
const htmlVoid = setOf('area base bgsound col frame input keygen link param source track wbr')
/** Elements whose content is text, up to their end tag. */
const rawText = setOf('iframe noembed noframes script style textarea title xmp')
const foreignElements = setOf('svg math frameset')
const selectiveElements = setOf('select template')
/** A start tag on the left closes the open elements on the right that were opened last. */
const closes: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['p', setOf('p')],
  ['li', setOf('li')],
  ['dd', setOf('dd dt')],
  ['dt', setOf('dd dt')],
  ['option', setOf('option')],
  ['tr', setOf('td th tr')],
  ['td', setOf('td th')],
  ['th', setOf('td th')],
])

const isLetter = (code: number): boolean => (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
/** Tab, line feed, form feed, carriage return, space. */
const isSpace = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d || code === 0x0c

/** Lower-cases A to Z alone, as parsers do: the Kelvin sign must not become a `k`. */
const lowerCased = (name: string): string =>
  /[A-Z]/.test(name) ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name

/** @returns the index behind the tag's `>`, quoted values skipped, or the text's length */
function tagEnd(text: string, from: number): number {
  let index = from
  // `=` opens a value behind a name alone; elsewhere it begins a name.
  let hasName = false
  while (index < text.length) {
    const code = text.charCodeAt(index++)
    if (code === 0x3e) return index
    if (isSpace(code)) continue
    if (code !== 0x3d || !hasName) {
      hasName = code !== 0x2f
      continue
    }
    hasName = false
    while (index < text.length && isSpace(text.charCodeAt(index))) index += 1
    const quote = text.charCodeAt(index)
    if (quote === 0x22 || quote === 0x27) {
      const end = text.indexOf(quote === 0x22 ? '"' : "'", index + 1)
      if (end === -1) return text.length
      index = end + 1
    } else {
      while (index < text.length) {
        const next = text.charCodeAt(index)
        if (next === 0x3e || isSpace(next)) break
        index += 1
      }
    }
  }
  return text.length
}

/**
 * Finds the ends of comments. What was found, or not, is kept for the next comment: a search to the end of the
 * text for each of them would take time that grows with the square of their number.
 *
 * @returns a function from where `<!--` stands to the index behind the comment
 */
function createCommentEnd(text: string): (from: number) => number {
  const search = (end: string): ((from: number) => number) => {
    let found = -2
    return (from) => {
      if (found !== -1 && found < from) found = text.indexOf(end, from)
      return found === -1 ? Infinity : found
    }
  }
  const plain = search('-->')
  const odd = search('--!>')
  return (from) => {
    const body = from + 4
    if (text.startsWith('>', body)) return body + 1
    if (text.startsWith('->', body)) return body + 2
    return Math.min(plain(body) + 3, odd(body) + 4, text.length)
  }
}

function nameEnd(text: string, from: number): number {
  let index = from
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 0x3e || code === 0x2f || isSpace(code)) break
    index += 1
  }
  return index
}

/** @returns where the end tag that closes raw text stands, or -1 */
function rawTextEnd(text: string, name: string, from: number): number {
  let at = text.indexOf('</', from)
  while (at !== -1) {
    const end = at + 2 + name.length
    const after = text.charCodeAt(end)
    if ((after === 0x3e || after === 0x2f || isSpace(after)) && lowerCased(text.slice(at + 2, end)) === name)
      return at
    at = text.indexOf('</', at + 2)
  }
  return -1
}

/** A cell right inside a table, or a template, brings its section and its row along. */
export const levelsOf = (name: string): number => (name === 'table' || name === 'template' ? 3 : 1)

/**
 * Measures HTML in time linear in the text. The depth is never less than a parser's: an end tag counts only
 * when it closes what was opened last, and where the scan cannot follow the parser, as in raw text inside
 * SVG or `select`, everything from there on that could be a start tag counts as one that stays open.
 *
 * @param limit - the depth at which to stop
 */
export function measureHtml(text: string, limit: number): HtmlStructure {
  const open: string[] = []
  const commentEnd = createCommentEnd(text)
  let tags = 0
  let depth = 0
  let deepest = 0
  let hasCustomElements = false
  /** SVG, MathML or frames were seen, where other rules hold. */
  let foreign = false
  /** How many elements are open in which the parser may leave raw text elements out. */
  let selective = 0
  let lost = false

  const push = (name: string): void => {
    open.push(name)
    depth += levelsOf(name)
    if (selectiveElements.has(name)) selective += 1
    deepest = Math.max(deepest, depth)
  }
  const pop = (name: string): void => {
    open.pop()
    depth -= levelsOf(name)
    if (selectiveElements.has(name)) selective -= 1
  }

  let at = text.indexOf('<')
  while (at !== -1 && deepest <= limit) {
    const code = text.charCodeAt(at + 1)
    let next = at + 1
    if (isLetter(code)) {
      const end = nameEnd(text, at + 1)
      const name = lowerCased(text.slice(at + 1, end))
      tags += 1
      if (name.includes('-')) hasCustomElements = true
      if (lost) push(name)
      else {
        next = tagEnd(text, end)
        foreign ||= foreignElements.has(name)
        if (alwaysVoid.has(name) || (htmlVoid.has(name) && !foreign)) deepest = Math.max(deepest, depth + 1)
        else {
          const closed = foreign ? undefined : closes.get(name)
          for (let top = open.at(-1); top !== undefined && closed?.has(top); top = open.at(-1)) pop(top)
          push(name)
        }
        if (rawText.has(name)) {
          if (foreign || selective > 0) lost = true
          else {
            const close = rawTextEnd(text, name, next)
            if (close === -1) break
            // Inside of a comment inside of a script another script may hide the end tag.
            if (name === 'script' && text.slice(next, close).includes('<!--')) lost = true
            next = close
          }
        }
      }
    } else if (!lost) {
      if (code === 0x2f && isLetter(text.charCodeAt(at + 2))) {
        const end = nameEnd(text, at + 2)
        const name = lowerCased(text.slice(at + 2, end))
        next = tagEnd(text, end)
        if (open.at(-1) === name) pop(name)
      } else if (text.startsWith('<!--', at)) next = commentEnd(at)
      else if (code === 0x21 || code === 0x3f || code === 0x2f) {
        // A CDATA section of SVG ends elsewhere than the comment that it is in HTML.
        if (text.startsWith('<![CDATA[', at)) lost = true
        else {
          const end = text.indexOf('>', at + 2)
          next = end === -1 ? text.length : end + 1
        }
      }
    }
    at = text.indexOf('<', next)
  }
  return { tags, depth: deepest + 1, hasCustomElements }
}
