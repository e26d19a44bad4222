import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { expect, it } from 'vitest'
import { addressGroup } from './address-group.ts'

it.each<[string, number | undefined, string]>([
  ['203.0.113.9', undefined, '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
  ['2001:db8:1:2:3:4:5:6', 48, '2001:db8:1::/48'],
  ['fe80::1%eth0', undefined, 'fe80::/64'],
  ['::ffff:203.0.113.9', undefined, '203.0.113.9'],
  ['64:ff9b::cb00:7109', undefined, '203.0.113.9'],
  ['64:ff9b::10.0.0.1', undefined, '64:ff9b::/64'],
  ['2002:cb00:7109:1::5', undefined, '203.0.113.9'],
  ['2002:cb00:7109:2::6', 48, '203.0.113.9'],
  ['2002:a00:1:1::5', undefined, '2002:a00:1:1::/64'],
  ['::FFFF:203.0.113.9', undefined, '203.0.113.9'],
  ['::ffff:cb00:7109', 48, '203.0.113.9'],
])('%s belongs to %j: %s', (address, bits, group) => {
  expect(addressGroup(address, bits)).toBe(group)
})

it.each(['1::2::3', 'unknown', '', '203.0.113.9:80', '10.0.0.01'])('refuses %j', (text) => {
  expect(() => addressGroup(text)).toThrow(TypeError)
})

/** As a library of its own says it. */
function expectedGroup(address: string, bits: number): string {
  const parsed = ipaddr.IPv6.parse(address)
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString()
  const embedded = { rfc6052: [12, 16], '6to4': [2, 6] }[parsed.range() as string]
  if (embedded) {
    const ipv4 = ipaddr.fromByteArray(parsed.toByteArray().slice(...embedded))
    if (!['carrierGradeNat', 'linkLocal', 'loopback', 'private'].includes(ipv4.range()))
      return ipv4.toString()
  }
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${String(bits)}`).toString()}/${String(bits)}`
}

const group = fc.oneof(fc.constant(0), fc.constantFrom(0x64, 0xff9b, 0xffff, 0x2002), fc.nat(0xffff))
const spelled = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((value) => value.toString(16)).join(':'))
const special = fc
  .tuple(fc.constantFrom('::ffff:', '64:ff9b::', '2001:db8::'), fc.ipV4())
  .map(([prefix, address]) => prefix + address)

/** ipaddr.js takes the long deprecated `::192.0.2.1` for an IPv4-mapped address. */
const isIpv4Compatible = (address: string): boolean => /^::\d+\./.test(address)

const anyAddress = fc.oneof(fc.ipV6(), spelled, special).filter((address) => !isIpv4Compatible(address))

it('is what ipaddr.js says', () => {
  fc.assert(
    fc.property(anyAddress, fc.integer({ min: 1, max: 128 }), (address, bits) => {
      expect(addressGroup(address, bits)).toBe(expectedGroup(address, bits))
    }),
    { numRuns: 2000 },
  )
})
