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

/** A quadratic scan of so many characters takes seconds, a linear one milliseconds. */
const length = 60_000
const limitMs = 400

const scanners = { ...detectors, codeRegions }

it.each(Object.keys(scanners) as (keyof typeof scanners)[])(
  '%s takes time linear in the text, whatever is repeated',
  (name) => {
    const scan: (text: string) => unknown = scanners[name]
    const slow: unknown[] = []
    for (const part of repeated) {
      const text = part.repeat(Math.ceil(length / part.length))
      // Time of this process alone, so that a busy machine makes no difference.
      const startedAt = process.cpuUsage()
      scan(text)
      const { user, system } = process.cpuUsage(startedAt)
      if ((user + system) / 1000 > limitMs) slow.push(part)
    }
    expect(slow).toEqual([])
  },
  60_000,
)
