import { expect, it } from 'vitest'
import { sanitizeWithoutMarkup } from './html-fast-path.ts'

it.each([
  ['', ''],
  ['a > b & c', 'a > b & c'],
  ['Map<', 'Map&lt;'],
  ['1 < 2 > 0', '1 &lt; 2 &gt; 0'],
  ['a <3 b\n<= c', 'a &lt;3 b\n&lt;= c'],
  ['<é>', '&lt;é&gt;'],
  ['a < b && c > d &', 'a &lt; b &amp;&amp; c &gt; d &amp;'],
])('%j is %j', (text, html) => {
  expect(sanitizeWithoutMarkup(text)).toBe(html)
})

it.each([
  ['Map<string>'],
  ['</'],
  ['<!'],
  ['<?'],
  ['< &lt'],
  ['< &#60;'],
  ['<\0'],
  ['< \r'],
  ['< \u00a0'],
  ['\f<'],
  ['a < b <c'],
])('%j needs a parser', (text) => {
  expect(sanitizeWithoutMarkup(text)).toBeUndefined()
})
