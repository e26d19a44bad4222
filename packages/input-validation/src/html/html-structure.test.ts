import { expect, it } from 'vitest'
import { measureHtml } from './html-structure.ts'

const times = (count: number, unit: string): string => unit.repeat(count)

it.each([
  ['text', 'a < b', 0, 1],
  ['flat', '<b>x</b><i>y</i>', 2, 2],
  ['nested', times(50, '<div>'), 50, 51],
  ['closed again', times(50, '<div></div>'), 50, 2],
  ['void elements', times(50, '<br><img src=x>'), 100, 2],
  ['paragraphs without end tags', times(50, '<p>text'), 50, 2],
  ['list items without end tags', `<ul>${times(50, '<li>text')}</ul>`, 51, 3],
  ['rows and cells without end tags', `<table>${times(20, '<tr><td>a<td>b')}`, 61, 6],
  ['formatting elements left open', times(40, '<b><p>'), 80, 81],
  ['quoted angle brackets', `<a title="${times(50, '<b>')}">`, 1, 2],
  ['a quote that opens no value', `<a ="></a>${times(9, '<b>')}`, 10, 10],
  ['comments', times(50, '<!-- <div> -->'), 0, 1],
  ['comments that end at once', times(50, '<!--><div>'), 50, 51],
  ['raw text', `<script>${times(50, '<div>')}</script>`, 1, 2],
  ['end tags inside raw text', times(50, '<div><textarea></div></textarea>'), 100, 52],
  ['raw text in foreign content', `<svg><style>${times(50, '<g></g>')}`, 52, 53],
  ['raw text in select', times(20, '<div><select><style></div></style>'), 60, 61],
  ['tags that are no void ones in SVG', `<svg>${times(50, '<input>')}`, 51, 52],
  ['CDATA', `<svg>${times(20, '<g><![CDATA[></g>]]>')}`, 21, 22],
  ['the name of what objects of JavaScript have', '<b><constructor>', 2, 3],
  ['a Kelvin sign', times(20, '<lin\u212a>'), 20, 21],
])('measures %s', (_name, html, tags, depth) => {
  expect(measureHtml(html, 1000)).toMatchObject({ tags, depth })
})

it('stops at the limit', () => {
  expect(measureHtml(times(100_000, '<div>'), 100).tags).toBe(101)
})

it('knows custom elements', () => {
  expect(measureHtml('<x-y>', 9).hasCustomElements).toBe(true)
  expect(measureHtml('<b data-x>', 9).hasCustomElements).toBe(false)
})

it.each([
  ['<div'],
  ['<div>'],
  ['<a b="'],
  ['</div>'],
  ['<!--'],
  ['<!---->'],
  ['<!-- --!>'],
  ['<script><!--<script>'],
  ['<title></title'],
  ['<a b='],
  ['<!'],
])('takes linear time for %s', (unit) => {
  // A quadratic scan of 2 MB would outlast the test's time-out many times over.
  expect(measureHtml(times(Math.ceil(2e6 / unit.length), unit), Infinity).depth).toBeGreaterThan(0)
})
