import { isLetter, isSpace, skipWhile } from './character.ts'
import { createFindingList, type Detector, type FindingList } from './finding.ts'
import { type MarkupAttribute, type MarkupTag, plainTags, quotedTags } from './markup-tags.ts'
import { percentDecoded } from './percent-decoded.ts'
import { plainScript } from './plain-script.ts'

/** Calls and properties that payloads prove themselves with, or steal with. */
const payloadMarks = [
  'alert',
  'prompt(',
  'prompt`',
  'confirm',
  'eval(',
  'fromcharcode',
  'document.cookie',
  'document.domain',
  'document.write',
  'document.location',
  'document[',
  'javascript:',
  'vbscript:',
  'onerror=',
  'settimeout`',
  'function(',
  'constructor',
  'msgbox',
  'expression(',
  'atob(',
  'import(',
  '.src=',
  'fetch(',
  'location=',
  'window[',
  'top[',
  'self[',
  'parent[',
  'write(',
  'console.log(',
  'print(',
  '[]+[]',
  '(![]',
]

/** Handlers that run without anybody's doing. */
const unaided = new Set([
  'onerror',
  'onload',
  'onbegin',
  'onend',
  'onrepeat',
  'ontoggle',
  'onstart',
  'onfinish',
  'onbounce',
  'onpageshow',
  'onpagereveal',
  'onpropertychange',
  'onreadystatechange',
  'onhashchange',
  'onpopstate',
  'onmessage',
  'onresize',
  'onscroll',
  'onscrollend',
  'onscrollsnapchanging',
  'onfocus',
  'onfocusin',
  'onblur',
  'onanimationstart',
  'onanimationend',
  'onanimationiteration',
  'onanimationcancel',
  'ontransitionend',
  'ontransitionrun',
  'ontransitionstart',
  'ontransitioncancel',
  'onwebkitanimationstart',
  'onwebkitanimationend',
  'onwebkitanimationiteration',
  'onwebkittransitionend',
  'oncanplay',
  'oncanplaythrough',
  'onloadeddata',
  'onloadedmetadata',
  'onloadstart',
  'onloadend',
  'ondurationchange',
  'onprogress',
  'onsuspend',
  'onplay',
  'onplaying',
  'ontimeupdate',
  'onended',
  'onafterprint',
  'onbeforeprint',
  'onbeforeunload',
  'onunload',
  'onunhandledrejection',
  'onrejectionhandled',
  'oncuechange',
  'onsearch',
  'onslotchange',
  'oncontentvisibilityautostatechange',
])

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

const hasPayloadMark = (script: string): boolean => payloadMarks.some((mark) => script.includes(mark))

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

function scriptUrlScore(value: string): number {
  const url = plainScript(value)
  const colon = url.indexOf(':')
  if (colon === -1) return 0
  if (
    url.startsWith('javascript:') ||
    url.startsWith('vbscript:') ||
    url.startsWith('livescript:') ||
    url.startsWith('mocha:')
  ) {
    const script = url.slice(colon + 1)
    return script === '' || script.startsWith('void(0)') || script === ';' ? 0.3 : 0.9
  }
  if (url.startsWith('data:')) {
    const isActive =
      url.startsWith('data:text/html') ||
      url.startsWith('data:image/svg') ||
      url.startsWith('data:application/x') ||
      url.startsWith('data:,') ||
      url.startsWith('data:text/javascript') ||
      url.startsWith('data:;') ||
      url.startsWith('data:text/xml')
    return isActive ? 0.75 : 0
  }
  return url.includes('javascript:') ? 0.85 : 0
}

function styleScore(style: string): number {
  const css = plainScript(style)
  return css.includes('expression(') ||
    css.includes('-moz-binding') ||
    css.includes('behavior:') ||
    css.includes('behaviour:') ||
    css.includes('javascript:')
    ? 0.85
    : 0
}

function attributeScore(tag: MarkupTag, { name, value }: MarkupAttribute): number {
  if (name.startsWith('on') && name.length > 3 && value !== '' && isLetter(name.charCodeAt(2))) {
    const script = plainScript(value)
    const runsUnaided = unaided.has(name)
    if (hasPayloadMark(script)) return runsUnaided ? 0.9 : 0.75
    return runsUnaided ? (tag.name.toLowerCase() === 'body' ? 0.5 : 0.65) : 0.45
  }
  if (name === 'style') return styleScore(value)
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

function tagScore(tag: MarkupTag, shape: Shape): number {
  const name = tag.name.toLowerCase()
  if (tag.isClosing)
    return tag.attributes.length > 0
      ? Math.max(0, ...tag.attributes.map((attribute) => attributeScore(tag, attribute)))
      : 0
  let score = Object.hasOwn(embedding, name) ? (embedding[name] ?? 0) : 0
  for (const attribute of tag.attributes) score = Math.max(score, attributeScore(tag, attribute))
  if (isMixedCase(tag.name) && score > 0) score = Math.max(score, 0.85)
  if (tag.isOddlyParted && score >= 0.4) score += 0.2
  if (!tag.isClosed && score >= 0.4) score += 0.1
  if (name === 'script') score = Math.max(score, scriptScore(tag, shape))
  if (shape.breaksOut && score >= 0.4) score += 0.3
  if (shape.isFragment && score >= 0.4) score += 0.15
  return shape.isDocument ? score * 0.6 : score
}

function scriptScore(tag: MarkupTag, { text }: Shape): number {
  const source = tag.attributes.find(({ name }) => name === 'src' || name === 'href' || name === 'xlink:href')
  if (source) {
    const url = plainScript(source.value)
    return url.startsWith('data:') || (url.startsWith('//') && url.length < 30) || url.startsWith('\\')
      ? 0.8
      : 0.5
  }
  const body = plainScript(text.slice(tag.end, tag.end + 200))
  return hasPayloadMark(body) ? 0.7 : 0.5
}

function judgeTags(
  tags: readonly MarkupTag[],
  shape: Shape,
  positionOf: (index: number) => number,
  { add }: FindingList,
): void {
  for (const tag of tags) {
    const score = tagScore(tag, shape)
    if (score > 0) add(positionOf(tag.start), positionOf(tag.end), score)
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
    judgeTags(quotedTags(decoded), shape, positionOf, list)
    judgeTags(plainTags(decoded), shape, positionOf, list)
  }
  return list.findings
}
