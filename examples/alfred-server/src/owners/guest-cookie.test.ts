import { expect, it } from 'vitest'
import { readGuestCookie, writeGuestCookie } from './guest-cookie.ts'

const cookie = writeGuestCookie('g1', 'secret', false)
const pair = cookie.split(';')[0] ?? ''

it('reads back what it wrote, among other cookies', () => {
  expect(readGuestCookie(pair, 'secret')).toBe('g1')
  expect(readGuestCookie(`a=b; ${pair}; c=d`, 'secret')).toBe('g1')
})

it('keeps the cookie from scripts and other sites, and from plain connections where there is TLS', () => {
  expect(cookie).toMatch(/; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
  expect(writeGuestCookie('g1', 'secret', true)).toMatch(/; Secure$/)
})

it.each([
  ['none', undefined],
  ['another cookie', 'session=g1.abc'],
  ['another name that ends alike', `x${pair}`],
  ['no signature', 'alfred_guest=g1'],
  ['an empty signature', 'alfred_guest=g1.'],
  ['no id', 'alfred_guest=.abc'],
  ['another id', pair.replace('g1', 'g2')],
  ['a changed signature', `${pair}x`],
])('believes nobody with %s', (_what, field) => {
  expect(readGuestCookie(field, 'secret')).toBeUndefined()
})

it('believes no cookie of another secret', () => {
  expect(readGuestCookie(pair, 'other')).toBeUndefined()
})
