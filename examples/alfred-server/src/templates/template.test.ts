import { expect, it } from 'vitest'
import { renderTemplate } from './template.ts'

it.each([
  ['Review this {{ language }} code', { language: 'Rust' }, 'Review this Rust code'],
  ['{{a}}{{b}}{{a}}', { a: '1', b: '2' }, '121'],
  [
    'a value is never looked at again: {{a}}',
    { a: '{{b}}', b: 'no' },
    'a value is never looked at again: {{b}}',
  ],
  ['$& stays: {{a}}', { a: "$& $' $1" }, "$& stays: $& $' $1"],
  ['undeclared {{other}} stays', { a: '1' }, 'undeclared {{other}} stays'],
  ['{{constructor}} {{a.b}} {{ 1 + 1 }} ${a}', { a: '1' }, '{{constructor}} {{a.b}} {{ 1 + 1 }} ${a}'],
  ['<b>{{a}}</b>', { a: '<script>' }, '<b><script></b>'],
])('%s', (content, values, rendered) => {
  expect(renderTemplate({ content, placeholders: ['a', 'b', 'language'] }, values)).toBe(rendered)
})

it('takes nothing from the prototype', () => {
  expect(renderTemplate({ content: '{{toString}}', placeholders: ['toString'] }, {})).toBe('{{toString}}')
})
