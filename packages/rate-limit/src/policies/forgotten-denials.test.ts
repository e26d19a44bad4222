import { expect, it } from 'vitest'
import { createForgottenDenials } from './forgotten-denials.ts'

it('says whose denials were forgotten since', () => {
  const forgotten = createForgottenDenials()
  const before = forgotten.count
  expect(forgotten.isOutdated('a', before)).toBe(false)
  forgotten.note('a')
  expect(forgotten.isOutdated('a', before)).toBe(true)
  expect(forgotten.isOutdated('b', before)).toBe(false)
  expect(forgotten.isOutdated('a', forgotten.count)).toBe(false)
})

it('knows that everybody was forgotten', () => {
  const forgotten = createForgottenDenials()
  const before = forgotten.count
  forgotten.note(undefined)
  expect(forgotten.isOutdated('a', before)).toBe(true)
  expect(forgotten.isOutdated('a', forgotten.count)).toBe(false)
})

it('takes more than it keeps for everybody', () => {
  const forgotten = createForgottenDenials()
  const before = forgotten.count
  for (let index = 0; index < 1000; index++) forgotten.note(String(index))
  expect(forgotten.isOutdated('stranger', before)).toBe(false)
  const later = forgotten.count
  forgotten.note('one more')
  expect(forgotten.isOutdated('stranger', before)).toBe(true)
  expect(forgotten.isOutdated('stranger', later)).toBe(false)
})
