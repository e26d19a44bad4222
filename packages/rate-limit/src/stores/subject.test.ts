import { describe, expect, it } from 'vitest'
import { addressSubject, identitySubject, keySubject, readSubject } from './subject.ts'

describe('subjects', () => {
  it.each([
    ['203.0.113.7', 'a:203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', 'a:2001:db8:1::/56'],
    ['2001:db8:1:2::1', 'a:2001:db8:1::/56'],
    ['2001:db8:1:ff::1', 'a:2001:db8:1::/56'],
    ['2001:db8:1:100::1', 'a:2001:db8:1:100::/56'],
    ['::ffff:203.0.113.7', 'a:203.0.113.7'],
    ['fe80::1%eth0', 'a:fe80::/56'],
    ['no address', expect.stringMatching(/^a#[\w-]{43}$/)],
  ])('of the address %s', (address, expected) => {
    expect(addressSubject(address, { key: 'address', ipv6PrefixBits: 56 })).toEqual(expected)
  })

  it.each([
    ['address', 64, 'a:2001:db8:1:203::/64'],
    ['address', 60, 'a:2001:db8:1:200::/60'],
    ['user', 48, 'a:2001:db8:1::/48'],
    ['network', 48, 'n:2001:db8:1::/48'],
    ['network', 32, 'n:2001:db8::/32'],
  ] as const)('of an address by %s, with IPv6 by /%d', (key, ipv6PrefixBits, expected) => {
    expect(addressSubject('2001:db8:1:203::1', { key, ipv6PrefixBits })).toBe(expected)
    expect(addressSubject('203.0.113.7', { key, ipv6PrefixBits })).toMatch(/^[an]:203\.0\.113\.7$/)
  })

  it.each([
    ['user', '42', 'u:42'],
    ['api-key', '42', 'p:42'],
    ['user', '203.0.113.7', 'u:203.0.113.7'],
    ['user', 'ключ', expect.stringMatching(/^u#[\w-]{43}$/)],
    ['user', 'x'.repeat(65), expect.stringMatching(/^u#[\w-]{43}$/)],
    ['user', 'two\r\nlines', expect.stringMatching(/^u#[\w-]{43}$/)],
  ] as const)('of the %s %j', (kind, id, expected) => {
    expect(identitySubject({ kind, id })).toEqual(expected)
  })

  it('of a key of the application', () => {
    expect(keySubject('tenant-7')).toBe('k:tenant-7')
    expect(keySubject('x'.repeat(64))).toBe(`k:${'x'.repeat(64)}`)
    expect(keySubject('a'.repeat(100))).not.toBe(keySubject('b'.repeat(100)))
  })
})

describe('whom a call names', () => {
  const own = (): string => 'a key'
  it.each([
    ['address', '203.0.113.7', 'a:203.0.113.7'],
    ['network', '2001:db8:1:2::1', 'n:2001:db8:1::/48'],
    ['user', '42', 'u:42'],
    ['user', 42, 'u:42'],
    ['user', { apiKey: '42' }, 'p:42'],
    ['user', { address: '::ffff:203.0.113.7' }, 'a:203.0.113.7'],
    [own, 'tenant-7', 'k:tenant-7'],
  ] as const)('in a policy by %s: %j', (key, who, subject) => {
    expect(readSubject({ name: 'p', key, ipv6PrefixBits: 48 }, who).subject).toBe(subject)
  })

  it.each([
    ['user', ''],
    ['user', undefined],
    ['user', null],
    ['user', NaN],
    ['user', {}],
    ['user', { apiKey: '' }],
    ['user', { apiKey: 'a', address: 'b' }],
    ['user', { user: 'a' }],
    ['user', ['a']],
    ['address', { apiKey: 'a' }],
    ['network', { address: '203.0.113.7' }],
    [own, { apiKey: 'a' }],
    ['user', () => 'a'],
  ] as const)('is refused in a policy by %s: %j', (key, who) => {
    expect(() => readSubject({ name: 'p', key, ipv6PrefixBits: 48 }, who)).toThrow(
      expect.objectContaining({ code: 'ALFRED_RATE_LIMIT_INVALID_KEY' }),
    )
  })
})
