import { setImmediate as nextTurn } from 'node:timers/promises'
import createDOMPurify from 'dompurify'
import { JSDOM, VirtualConsole } from 'jsdom'
import { sanitizeWithoutMarkup } from '../src/html/html-fast-path.ts'
import { type HtmlPolicy, toDomPurifyConfig } from '../src/html/html-policy.ts'
import { createHtmlSanitizer } from '../src/sanitizers/html-sanitizer.ts'
import { createSimpleHtml } from '../src/html/simple-html.ts'
import { createRandom } from './well-formed-html.ts'

const pieces = [
  '<',
  '<',
  '<',
  '>',
  ' ',
  '\n',
  '\t',
  'a',
  'Map',
  '<string>',
  '1 < 2',
  '<=',
  '<3',
  '<-',
  '<é',
  '"',
  "'",
  '=',
  '/',
  '!',
  '?',
  '\\',
  '`',
  '{{x}}',
  '${x}',
  ']]>',
  '-->',
  '\u200d',
  '\u202e',
  '\ud83d\ude00',
  '\ud800',
  '\udc00',
  '\ufeff',
  '\u2028',
  '\u0001',
  '\u007f',
  '\u0085',
  '&',
  '&&',
  '& ',
  '日本',
  'ا',
]
/** What only a parser can answer. */
const rarePieces = [
  '&lt',
  '&#60;',
  '&amp;',
  '\0',
  '\r',
  '\u00a0',
  '\f',
  '<b>',
  '</b>',
  '<!--',
  '<?',
  '<p class=x>',
  '<img src=x onerror=y>',
  '<svg>',
  '<a href="javascript:x">',
]

/** A string by its number, the same in every run; two of three hold nothing that needs a parser. */
export function generateHtml(seed: number): string {
  const random = createRandom(seed)
  const all = random(3) === 0 ? [...pieces, ...rarePieces] : pieces
  let text = ''
  for (let left = 1 + random(12); left > 0; left--) text += all[random(all.length)] ?? ''
  return text
}

/** Policies under which what needs no DOM is compared too, one after the other. */
const otherPolicies: readonly HtmlPolicy[] = [
  { allowedTags: ['p', 'B', 'ul', 'li', 'table', 'tr', 'td', 'div', 'span', 'a', 'img', 'T'] },
  { forbiddenTags: ['table', 'div', 'body', 'tbody', 'Code'], forbiddenAttributes: ['class', 'HREF'] },
  {
    allowDataAttributes: true,
    profiles: ['html', 'svg', 'mathMl'],
    forbiddenTags: [],
    forbiddenAttributes: [],
  },
  { profiles: ['svg'] },
  { allowedAttributes: ['href', 'referrerpolicy', 'rel'] },
  { allowedTags: ['iostream', 'int', 'h1', 'pre', 'em'], allowedAttributes: ['title'] },
]

/** What is found as texts are compared. */
export interface ExactnessTrial {
  compare(text: string): Promise<void>
  /** How many were answered without a DOM. */
  readonly fast: () => number
  /** How many of these have tags. */
  readonly simple: () => number
  readonly mismatches: () => number
  close(): Promise<void>
}

/**
 * Compares the sanitiser with DOMPurify itself, called as its documentation says, one window for many texts; and what
 * needs no DOM under another policy.
 */
export function createExactnessTrial(
  differs: (text: string, ours: string, theirs: string) => void,
): ExactnessTrial {
  const config = toDomPurifyConfig()
  // Of a release that was never compared, too.
  const isCompared = (): boolean => true
  const simpleHtml = createSimpleHtml(config, undefined, isCompared)
  const others = otherPolicies.map((policy) => {
    const otherConfig = toDomPurifyConfig(policy)
    return { config: otherConfig, simpleHtml: createSimpleHtml(otherConfig, undefined, isCompared) }
  })
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000 })
  const ready = sanitizer.ready()
  let theirs = createDOMPurify(new JSDOM('').window)
  let calls = 0
  let fast = 0
  let simple = 0
  let mismatches = 0
  const judge = (text: string, ours: string, expected: string): void => {
    if (ours === expected) return
    mismatches += 1
    if (mismatches <= 20) differs(text, ours, expected)
  }
  return {
    async compare(text: string): Promise<void> {
      await ready
      calls += 1
      if (calls % 20 === 0) await nextTurn()
      if (calls % 5000 === 0)
        theirs = createDOMPurify(new JSDOM('', { virtualConsole: new VirtualConsole() }).window)
      const plain = sanitizeWithoutMarkup(text)
      const withoutDom = plain ?? simpleHtml(text, 256)
      if (withoutDom !== undefined) fast += 1
      if (withoutDom !== undefined && plain === undefined) simple += 1
      const expected = theirs.sanitize(text, config)
      if (withoutDom !== undefined) judge(text, withoutDom, expected)
      const outcome = await sanitizer.sanitize(text)
      // A refusal returns nothing that could differ.
      if ('html' in outcome) judge(text, outcome.html, expected)
      const other = others[calls % others.length]
      const ours = plain === undefined ? other?.simpleHtml(text, 256) : undefined
      if (ours !== undefined) judge(text, ours, theirs.sanitize(text, other?.config))
    },
    fast: () => fast,
    simple: () => simple,
    mismatches: () => mismatches,
    close: () => sanitizer.close(),
  }
}
