import { setImmediate as nextTurn } from 'node:timers/promises'
import createDOMPurify from 'dompurify'
import { JSDOM, VirtualConsole } from 'jsdom'
import { sanitizeWithoutMarkup } from '../src/html-fast-path.ts'
import { toDomPurifyConfig } from '../src/html-policy.ts'
import { createHtmlSanitizer } from '../src/html-sanitizer.ts'

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
  let state = Math.imul(seed, 2654435761) >>> 0
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const all = random(3) === 0 ? [...pieces, ...rarePieces] : pieces
  let text = ''
  for (let left = 1 + random(12); left > 0; left--) text += all[random(all.length)] ?? ''
  return text
}

/** What is found as texts are compared. */
export interface ExactnessTrial {
  compare(text: string): Promise<void>
  /** How many were answered without a DOM. */
  readonly fast: () => number
  readonly mismatches: () => number
  close(): Promise<void>
}

/** Compares the sanitiser with DOMPurify itself, called as its documentation says, one window for many texts. */
export function createExactnessTrial(
  differs: (text: string, ours: string, theirs: string) => void,
): ExactnessTrial {
  const config = toDomPurifyConfig()
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000 })
  const ready = sanitizer.ready()
  let theirs = createDOMPurify(new JSDOM('').window)
  let calls = 0
  let fast = 0
  let mismatches = 0
  return {
    async compare(text: string): Promise<void> {
      await ready
      calls += 1
      if (calls % 20 === 0) await nextTurn()
      if (calls % 5000 === 0)
        theirs = createDOMPurify(new JSDOM('', { virtualConsole: new VirtualConsole() }).window)
      if (sanitizeWithoutMarkup(text) !== undefined) fast += 1
      const outcome = await sanitizer.sanitize(text)
      // A refusal returns nothing that could differ.
      if ('refusal' in outcome) return
      const expected = theirs.sanitize(text, config)
      if (outcome.html === expected) return
      mismatches += 1
      if (mismatches <= 20) differs(text, outcome.html, expected)
    },
    fast: () => fast,
    mismatches: () => mismatches,
    close: () => sanitizer.close(),
  }
}
