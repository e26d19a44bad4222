import { expect, it } from 'vitest'
import { createStorablePieces, storableText, storableValue } from './storable-text.ts'

it.each([
  ['plain', 'plain'],
  ['a\0b', 'a\uFFFDb'],
  ['\ud83d', '\uFFFD'],
  ['\udc00\ud800', '\uFFFD\uFFFD'],
  ['\u{1F600}', '\u{1F600}'],
])('makes %j storable', (text, expected) => {
  expect(storableText(text)).toBe(expected)
})

it('looks into lists and leaves everything else', () => {
  const date = new Date(0)
  expect(storableValue(['a\0', 1, null, date])).toEqual(['a\uFFFD', 1, null, date])
})

it.each([
  [['\ud83d', '\ude00'], '\u{1F600}'],
  [['a\ud83d', '', '\ude00b'], 'a\u{1F600}b'],
  [['\ud83d', 'x'], '\uFFFDx'],
  [['x\ud83d'], 'x\uFFFD'],
  [['\ud83d', '\ud83d', '\ude00'], '\uFFFD\u{1F600}'],
  [['a\0', 'b'], 'a\uFFFDb'],
])('joins the pieces %j', (given, expected) => {
  const pieces = createStorablePieces()
  const made = [...given.map((piece) => pieces.push(piece)), pieces.end()]
  expect(made.join('')).toBe(expected)
  for (const piece of made) expect(piece.isWellFormed()).toBe(true)
})
