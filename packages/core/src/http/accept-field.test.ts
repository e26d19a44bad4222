import { describe, expect, it } from 'vitest'
import { parseAccept, prefersHtml } from './accept-field.ts'

const chromium =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7'

describe('prefersHtml', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['application/json', false],
    ['application/json, text/plain, */*', false],
    ['image/avif,image/webp,*/*;q=0.8', false],
    [chromium, true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html', true],
    ['TEXT/HTML', true],
    ['text/*', true],
    ['text/html, */*', true],
    ['*/*, text/html', true],
    ['text/html;q=0', false],
    ['text/html;q=0.0, */*', false],
    ['text/*, text/html;q=0', false],
    ['text/html, application/json', true],
    ['application/json, text/html', false],
    ['text/html;q=0.9, application/json', false],
    ['text/html;q=0.9, application/problem+json;q=0.8', true],
    ['text/html;q=0.5, application/problem+json;q=0.8', false],
    ['text/html;q=0.5, */*;q=0.1', true],
    ['text/html;q=0.5, */*;q=0.6', false],
    ['text/html;q=1.5, application/json;q=0.1', false],
    ['text/html;q=x', false],
    ['text/html;q=0.12345', false],
    ['text/html ; q=0.7 , application/json;q=0.6', true],
    ['text/html;charset=utf-8', true],
    ['text/html;charset="UTF-8"', true],
    ['text/html;level=1', false],
    ['text/html;level=1, application/json;q=0.5', false],
    ['text/html;q=0.1, text/html;charset=utf-8;q=0.9, application/json;q=0.5', true],
    ['text/htmlx', false],
    ['text/plain', false],
    ['text/html;a="x,application/json;q=1"', false],
    ['application/json;a="\\",text/html"', false],
    [',,;;=,', false],
  ])('%s: %s', (field, expected) => {
    expect(prefersHtml(field)).toBe(expected)
  })
})

it('reads ranges with their parameters and qualities', () => {
  expect(parseAccept('A/B; V="1, 2"; q=0.5, c/*;q=2')).toEqual([
    { type: 'a/b', parameters: new Map([['v', '1, 2']]), quality: 0.5 },
    { type: 'c/*', parameters: new Map(), quality: 0 },
  ])
  expect(parseAccept('a/b,'.repeat(1000))).toHaveLength(64)
})
