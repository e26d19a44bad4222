import { indexOfUnit, isLetter, isSpace, skipWhile } from './character.ts'
import { createFindingList, type Detector, type FindingList } from './finding.ts'
import { type MarkupAttribute, type MarkupTag, visitPlainTags, visitQuotedTags } from './markup-tags.ts'
import { percentDecoded } from './percent-decoded.ts'
import { plainScript } from './plain-script.ts'
import { hasPayloadMark, scriptUrlScore, styleScore, unaidedHandlers } from './script-score.ts'

const urlAttributes = new Set([
  'action',
  'background',
  'code',
  'codebase',
  'content',
  'data',
  'dynsrc',
  'folder',
  'formaction',
  'from',
  'href',
  'lowsrc',
  'manifest',
  'movie',
  'poster',
  'profile',
  'src',
  'srcdoc',
  'srcset',
  'style',
  'to',
  'url',
  'usemap',
  'value',
  'values',
  'xlink:href',
  'xml:base',
])

/** Elements that load or embed something, by how unlikely a text of a person has them. */
const embedding: Readonly<Record<string, number>> = {
  applet: 0.5,
  base: 0.4,
  bgsound: 0.6,
  embed: 0.5,
  frame: 0.4,
  frameset: 0.4,
  iframe: 0.45,
  isindex: 0.7,
  layer: 0.7,
  link: 0.2,
  math: 0.2,
  meta: 0.1,
  object: 0.45,
  script: 0.5,
  style: 0.1,
  svg: 0.1,
  xml: 0.4,
  xss: 0.8,
}

/** Mixed case, as nobody writes a tag and filters once overlooked: `ScRiPt`, not `SCRIPT` and not `Script`. */
function isMixedCase(name: string): boolean {
  if (name.length < 3) return false
  const rest = name.slice(1)
  return rest !== rest.toLowerCase() && rest !== rest.toUpperCase()
}

/** Where the text begins with what ends an attribute, a comment or an element that holds text. */
function breaksOut(text: string): boolean {
  const start = skipWhile(text, 0, isSpace)
  const first = text.charAt(start)
  if (first === '"' || first === "'" || first === '>' || first === '`') return true
  return (
    text.startsWith('-->', start) ||
    text.startsWith('</', start) ||
    text.startsWith(']]>', start) ||
    text.startsWith('*/', start)
  )
}

/** A document, which somebody shows, and no fragment that is slipped in. */
function isDocument(lower: string): boolean {
  return (
    lower.length > 200 &&
    (lower.includes('<html') || lower.includes('<!doctype html')) &&
    lower.includes('</')
  )
}

function attributeScore(tag: MarkupTag, { name, value }: MarkupAttribute): number {
  if (name.startsWith('on') && name.length > 3 && value !== '' && isLetter(name.charCodeAt(2))) {
    const script = plainScript(value)
    const runsUnaided = unaidedHandlers.has(name)
    if (hasPayloadMark(script)) return runsUnaided ? 0.9 : 0.8
    return runsUnaided ? (tag.name.toLowerCase() === 'body' ? 0.5 : 0.7) : 0.45
  }
  if (name === 'style') return styleScore(value)
  // SVG's <set attributeName=onload to=…>
  if (name === 'attributename') return /^on|^href$|^xlink:href$/i.test(value) ? 0.85 : 0
  if (name === 'ev:event' || name === 'handler' || name === 'datasrc' || name === 'implementation') return 0.5
  if (name === 'srcdoc') return 0.7
  if (name === 'fscommand' || name === 'seeksegmenttime') return 0.7
  if (urlAttributes.has(name)) return scriptUrlScore(value)
  return plainScript(value).startsWith('javascript:') ? 0.7 : 0
}

interface Shape {
  readonly text: string
  readonly breaksOut: boolean
  /** The text is little else than markup. */
  readonly isFragment: boolean
  readonly isDocument: boolean
}

/** How far into an element its content is looked at. */
const contentLength = 300

/** Builds what scores the tags of a text, which must come in order. */
function createTagScore(shape: Shape): (tag: MarkupTag) => number {
  let seenTo = 0

  /** The beginning of an element's content, unless it was looked at as part of an earlier one: keeps it linear. */
  const contentOf = ({ end }: MarkupTag): string => {
    if (end < seenTo) return ''
    seenTo = end + contentLength
    return shape.text.slice(end, seenTo)
  }

  const scriptScore = (tag: MarkupTag): number => {
    const source = tag.attributes.find(({ name }) => name === 'src' || name.endsWith('href'))
    if (!source) return hasPayloadMark(plainScript(contentOf(tag))) ? 0.8 : 0.5
    const url = plainScript(source.value)
    const isOdd = url.startsWith('data:') || url.startsWith('\\') || (url.startsWith('//') && url.length < 30)
    return source.isBare || isOdd ? 0.8 : 0.5
  }

  return (tag) => {
    const name = tag.name.toLowerCase()
    let score = tag.isClosing || !Object.hasOwn(embedding, name) ? 0 : (embedding[name] ?? 0)
    for (const attribute of tag.attributes) score = Math.max(score, attributeScore(tag, attribute))
    if (tag.isClosing || (score === 0 && tag.attributes.length === 0)) return score
    if (isMixedCase(tag.name) && score > 0) score = Math.max(score, 0.85)
    if (tag.isOddlyParted && score >= 0.4) score += 0.2
    if (!tag.isClosed && score >= 0.4) score += 0.1
    if (name === 'script') score = Math.max(score, scriptScore(tag))
    if (name === 'style') score = Math.max(score, styleScore(contentOf(tag)))
    if (shape.breaksOut && score >= 0.4) score += 0.3
    // A message that is nothing but a script or a frame is no question.
    if (shape.isFragment && score >= 0.4) score += name === 'script' ? 0.3 : 0.15
    return shape.isDocument ? score * 0.6 : score
  }
}

const quotationMarks = new Set(['"', "'", '`'])

/** What ends the literal that a script payload breaks out of, or makes one of several. */
const splices = new Set('+-*/;,|&^<>?%'.split(''))

/** `" onmouseover=alert(1)`, `javascript:alert(1)`, `';alert(1)//`: payloads for places that are in a tag or a script already. */
function judgeLoose(text: string, positionOf: (index: number) => number, { add }: FindingList): void {
  const start = skipWhile(text, 0, isSpace)
  const head = text.slice(start, start + 300)
  const addHead = (score: number): void => {
    add(positionOf(start), positionOf(Math.min(text.length, start + 300)), score)
  }
  const script = plainScript(head)
  const isUrl =
    /^(?:[a-z]{1,10}:)?(?:javascript|vbscript|data):/.test(script) &&
    !isSpace(head.charCodeAt(head.indexOf(':') + 1))
  if (isUrl && scriptUrlScore(head) >= 0.75 && hasPayloadMark(script)) addHead(0.85)
  const quote = head.charAt(0)
  const behind = skipWhile(head, 1, isSpace)
  if (
    (quote === '"' || quote === "'" || quote === '`') &&
    splices.has(head.charAt(behind)) &&
    hasPayloadMark(script)
  )
    addHead(0.8)
  const isFragmentOfTag = !text.includes('<')
  for (let equals = indexOfUnit(text, 0x3d, 0); equals !== -1; equals = indexOfUnit(text, 0x3d, equals + 1)) {
    let end = equals
    while (end > 0 && equals - end < 8 && isSpace(text.charCodeAt(end - 1))) end--
    let name = end
    while (name > 0 && end - name < 40 && isLetter(text.charCodeAt(name - 1))) name--
    if (end - name < 5 || text.slice(name, name + 2).toLowerCase() !== 'on') continue
    let before = name - 1
    while (before > start && name - before < 8 && isSpace(text.charCodeAt(before))) before--
    const isSlippedIn = name <= start || (isFragmentOfTag && quotationMarks.has(text.charAt(before)))
    if (isSlippedIn && hasPayloadMark(plainScript(text.slice(equals + 1, equals + 120))))
      add(positionOf(name), positionOf(equals + 1), 0.8)
  }
}

/**
 * Finds markup that runs scripts (CWE-79): handlers, script URLs, elements that load code, styles that run it, and ways
 * of writing them that filters overlooked. Everything with a tag in it has some score; that of a whole document, which
 * people show, is lowered.
 *
 * It decides nothing about what is safe to show: escape text, and let a sanitiser make HTML safe.
 */
export const detectMarkup: Detector = (text, most) => {
  const { text: decoded, positionOf } = percentDecoded(text)
  const list = createFindingList(most)
  if (decoded.includes('<')) {
    const lower = decoded.toLowerCase()
    const first = skipWhile(decoded, 0, isSpace)
    const shape: Shape = {
      text: decoded,
      breaksOut: breaksOut(decoded),
      isFragment: decoded.charAt(first) === '<' && decoded.length < 300,
      isDocument: isDocument(lower),
    }
    for (const visitTags of [visitQuotedTags, visitPlainTags]) {
      const tagScore = createTagScore(shape)
      visitTags(decoded, (tag) => {
        const score = tagScore(tag)
        if (score > 0) list.add(positionOf(tag.start), positionOf(tag.end), score)
      })
    }
  }
  judgeLoose(decoded, positionOf, list)
  return list.findings
}
