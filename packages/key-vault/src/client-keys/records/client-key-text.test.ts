import { expect, it } from 'vitest'
import { createClientKeyFormat, createClientKeyId, isClientKeyId } from './client-key-text.ts'

const format = createClientKeyFormat('alf', 'live')
const id = 'AbCdEf012345'

it('writes keys that it reads', () => {
  const text = format.write(id)
  expect(text).toMatch(/^alf_live_AbCdEf012345_[0-9A-Za-z]{49}$/)
  expect(format.readId(text)).toBe(id)
})

it('never writes a key twice', () => {
  expect(new Set(Array.from({ length: 200 }, () => format.write(id))).size).toBe(200)
  expect(new Set(Array.from({ length: 200 }, createClientKeyId)).size).toBe(200)
})

it('reads the checksum that another program computed', () => {
  const fixed = `alf_live_${id}_${'0'.repeat(43)}`
  expect(format.readId(`${fixed}4gSEUK`)).toBe(id)
})

it('notices every change of one character', () => {
  const text = format.write(id)
  for (let index = 0; index < text.length; index++) {
    for (const other of ['0', 'z', '_', ' ', 'é']) {
      if (text[index] === other) continue
      expect(format.readId(text.slice(0, index) + other + text.slice(index + 1))).toBeUndefined()
    }
  }
})

it.each<[string, (text: string) => string]>([
  ['an empty text', () => ''],
  ['a cut one', (text) => text.slice(0, -1)],
  ['a longer one', (text) => `${text}0`],
  ['a line end', (text) => `${text.slice(0, -1)}\n`],
  ['another prefix', () => createClientKeyFormat('abc', 'live').write(id)],
  ['another environment', () => createClientKeyFormat('alf', 'test').write(id)],
  ['a very long one', () => 'a'.repeat(1_000_000)],
])('does not read %s', (_what, change) => {
  expect(format.readId(change(format.write(id)))).toBeUndefined()
})

it.each([
  [id, true],
  [createClientKeyId(), true],
  ['short', false],
  [`${id}0`, false],
  ['../../../etc', false],
])('tells whether %s is an id', (text, expected) => {
  expect(isClientKeyId(text)).toBe(expected)
})
