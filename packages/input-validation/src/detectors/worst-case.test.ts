import { expect, it } from 'vitest'
import { codeRegions } from './code-regions.ts'
import { detectors } from './detectors.ts'

/** What makes careless scanners look at the same characters again and again. */
const repeated = [
  'a',
  ' ',
  '<',
  '<a ',
  '<a x="',
  `<a '"`,
  '<a onerror=',
  '</a ',
  '<!--',
  '<script>',
  '<style>',
  '<a style=',
  '&#x',
  '&amp',
  '&amp;<b',
  '<b x',
  '%3C',
  '%',
  '=',
  ' on=',
  'onload=',
  'data:',
  'javascript:',
  '/*',
  '*/',
  '/*!',
  '--',
  '#',
  "'",
  '"\'',
  "' or ",
  'or 1=1 ',
  '(',
  '((1',
  'or (',
  'union ',
  'union select (',
  ';select ',
  '1,',
  '@@',
  'x.',
  '0x',
  '1e+',
  '{{',
  '{{7*7',
  '{{a}}',
  '${',
  '<%',
  'eval(',
  'eval',
  '../',
  '..%2f',
  '....',
  '%2e',
  '\\\\a',
  '://',
  'a://b',
  'http://1.1 ',
  'http://a@',
  'x://u:p@',
  'ghp_',
  'ghp_ ',
  'eyJ.',
  'AKIAAKIA',
  '-----BEGIN ',
  '-----BEGIN A-----',
  '\u202e',
  '\u{e0041}',
  '\u{1f3f4}\u{e0067}',
  'a\u200d',
  'aа',
  'ignore ',
  'ignore all previous ',
  '<|im_start|>',
  '`',
  '``` ',
  '`` ` ',
  '\0',
]

/**
 * The long text takes a linear scan some ten milliseconds and a quadratic one a second or more. It is tried only where
 * the short one was not fast, to which a quadratic scan always belongs: an eighth of the length, a 64th of the time.
 */
const shortLength = 16_000
const longLength = 128_000
const suspiciousMs = 5
const limitMs = 400

const scanners = { ...detectors, codeRegions }

/** Time of this process alone, so that a busy machine makes no difference. */
function cpuMsOf(run: () => unknown): number {
  const startedAt = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(startedAt)
  return (user + system) / 1000
}

const ofLength = (part: string, length: number): string => part.repeat(Math.ceil(length / part.length))

function isSlow(scan: (text: string) => unknown, part: string): boolean {
  if (cpuMsOf(() => scan(ofLength(part, shortLength))) < suspiciousMs) return false
  return cpuMsOf(() => scan(ofLength(part, longLength))) > limitMs
}

it.each(Object.keys(scanners) as (keyof typeof scanners)[])(
  '%s takes time linear in the text, whatever is repeated',
  (name) => {
    expect(repeated.filter((part) => isSlow(scanners[name], part))).toEqual([])
  },
  60_000,
)

it('catches a scan that is quadratic', () => {
  const scan = (text: string): number => {
    let found = 0
    for (let index = 0; index < text.length; index += 16)
      for (let other = index; other < text.length; other++) if (text.charCodeAt(other) === 0x21) found++
    return found
  }
  expect(isSlow(scan, 'a')).toBe(true)
}, 60_000)
