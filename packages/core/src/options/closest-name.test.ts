import { expect, it } from 'vitest'
import { closestName } from './closest-name.ts'

const names = ['frameOptions', 'scriptSrc', 'styleSrc', 'limit', 'windowMs', 'contentSecurityPolicy']

it.each([
  ['scriptSr', 'scriptSrc'],
  ['scirptSrc', 'scriptSrc'],
  ['windowms', 'windowMs'],
  ['window', 'windowMs'],
  ['limits', 'limit'],
  ['contentSecurityPolcy', 'contentSecurityPolicy'],
  ['banana', undefined],
  ['x', undefined],
  ['', undefined],
])('%j is taken for %j', (typed, meant) => {
  expect(closestName(typed, names)).toBe(meant)
})
