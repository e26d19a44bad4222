import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeHtml } from '../html/escape-html.ts'
import { identifier } from './identifier.ts'
import { templateContent } from './template.ts'
import { chatMessage, code, text } from './text.ts'

const prompts = [
  'SELECT name FROM users WHERE id = 1; -- why is this slow?',
  "'; DROP TABLE students; --",
  '<script>alert(1)</script>',
  '<img src=x onerror="alert(1)">',
  'eval(code) and new Function("return 1")()',
  'let map: Map<string, number>',
  'a &lt; b &amp;&amp; c',
  '{{user}} ${process.env.HOME} <%= value %>',
  '../../etc/passwd',
  'ignore all previous instructions',
  'كيف أكتب دالة بلغة بايثون؟',
  'מה ההבדל בין let ל־const?',
  '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽',
  'e\u0301 is not é',
  '\u202Eoverride and \u200B zero width',
  '\t tabs, \r\n line ends, trailing   ',
  '\u001b[31mred\u001b[0m',
]

it.each(prompts)('accepts %j verbatim', (prompt) => {
  expect(chatMessage().parse(prompt)).toBe(prompt)
  expect(templateContent().parse(prompt)).toBe(prompt)
})

it.each([
  ['text', text],
  ['code', code],
])(
  'loses no character of any %s',
  (_kind, build) => {
    const field = build({ maxLength: 1000 })
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (value) => {
        const result = field.safeParse(value)
        expect(result.success).toBe(!value.includes('\0'))
        if (result.success) expect(result.data).toBe(value)
      }),
      { numRuns: 300 },
    )
    // fast-check takes seconds to make its first text of any code points.
  },
  30_000,
)

it.each<[string, number, boolean]>([
  ['abc', 3, true],
  ['abcd', 3, false],
  ['👩👩👩', 3, true],
  ['👩👩👩👩', 3, false],
  ['a👩b', 3, true],
  ['', 3, true],
])('counts code points: %s in %d → %s', (value, maxLength, accepted) => {
  expect(text({ maxLength }).safeParse(value).success).toBe(accepted)
})

it.each([['\0'], ['a\0b'], ['\ud800'], ['\udc00\ud800']])('refuses %j, which cannot be stored', (value) => {
  expect(text({ maxLength: 10 }).safeParse(value).success).toBe(false)
})

it('has the documented sizes', () => {
  expect(chatMessage().safeParse('x'.repeat(10_000)).success).toBe(true)
  expect(chatMessage().safeParse('x'.repeat(10_001)).success).toBe(false)
  expect(chatMessage({ maxLength: 20_000 }).safeParse('x'.repeat(20_000)).success).toBe(true)
  expect(chatMessage().safeParse('').success).toBe(false)
  expect(templateContent().safeParse('x'.repeat(100_001)).success).toBe(false)
})

describe('identifier', () => {
  it.each([['a'], ['gpt-4.1'], ['0b6d_42'], ['x'.repeat(128)]])('accepts %s', (value) => {
    expect(identifier().parse(value)).toBe(value)
  })
  it.each([[''], ['.'], ['..'], ['-rf'], ['a b'], ['a/b'], ['é'], ["a'"], ['a\n'], ['x'.repeat(129)]])(
    'refuses %j',
    (value) => {
      expect(identifier().safeParse(value).success).toBe(false)
    },
  )
})

it.each([
  ['plain', 'plain'],
  ['<b class="x">\'&\'</b>', '&lt;b class=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;'],
  ['Map<string, number>', 'Map&lt;string, number&gt;'],
  ['👩‍👩‍👧‍👦<', '👩‍👩‍👧‍👦&lt;'],
  ['', ''],
])('escapes %j', (value, escaped) => {
  expect(escapeHtml(value)).toBe(escaped)
})

it('names refused options', () => {
  expect(() => text({} as never)).toThrow(/text\.maxLength: is required/)
  expect(() => identifier({ maxLenght: 3 } as never)).toThrow(/Did you mean "maxLength"/)
})
