import { expect, it } from 'vitest'
import { parseTraceState } from './trace-state.ts'

const key256 = 'k'.repeat(256)
const many = (count: number) => Array.from({ length: count }, (_, index) => `k${String(index)}=v`).join()

it.each<[string, string, string | undefined]>([
  ['nothing', '', undefined],
  ['empty members alone', ' , ,\t', undefined],
  ['one member', 'a=1', 'a=1'],
  ['members in their order', 'b=2,a=1', 'b=2,a=1'],
  ['white space around members', ' a=1 \t,\t b=2 ', 'a=1,b=2'],
  ['empty members between', 'a=1,,b=2', 'a=1,b=2'],
  ['a key that is there twice: the first counts', 'a=1,a=2', 'a=1'],
  ['tenants', 't@v=1,a@@b=2,a@b@c=3', 't@v=1,a@@b=2,a@b@c=3'],
  ['a key that begins with a digit', '0a=1', '0a=1'],
  ['the longest key', `${key256}=1`, `${key256}=1`],
  ['a key that is too long', `a=1,${key256}k=1`, undefined],
  ['a key that begins with @', '@a=1,b=2', undefined],
  ['an upper-case key', 'A=1,b=2', undefined],
  ['a dot in a key', 'a.b=1', undefined],
  ['white space before =', 'a =1', undefined],
  ['the longest value', `a=${'v'.repeat(256)}`, `a=${'v'.repeat(256)}`],
  ['a value that is too long', `a=${'v'.repeat(257)}`, undefined],
  ['= in a value', 'a=b=c', undefined],
  ['an empty value', 'a=,b=3', undefined],
  ['white space in a value', 'a=b c', 'a=b c'],
  ['a control character', 'a=\u0001', undefined],
  ['no value', 'a', undefined],
  ['as many members as may be', many(32), many(32)],
  ['one more', many(33), undefined],
])('reads %s', (_what, text, expected) => {
  expect(parseTraceState(text)?.serialize()).toBe(expected)
})

it('passes on as many characters as have to be, without long members first', () => {
  const long = `long=${'v'.repeat(200)}`
  const short = Array.from({ length: 10 }, (_, index) => `k${String(index)}=${'v'.repeat(40)}`)
  expect(parseTraceState([long, ...short].join())?.serialize()).toBe(short.join())
  const all = Array.from({ length: 20 }, (_, index) => `k${String(index + 10)}=${'v'.repeat(40)}`)
  const passed = parseTraceState(all.join())?.serialize() ?? ''
  expect(passed.length).toBeLessThanOrEqual(512)
  expect(passed).toBe(all.slice(0, 11).join())
})

it('changes a copy: what is set comes first', () => {
  const given = parseTraceState('a=1,b=2')
  expect(given?.set('b', '3').serialize()).toBe('b=3,a=1')
  expect(given?.set('c', '4').get('c')).toBe('4')
  expect(given?.set('C', '4').serialize()).toBe('a=1,b=2')
  expect(given?.unset('a').serialize()).toBe('b=2')
  expect(given?.serialize()).toBe('a=1,b=2')
})
