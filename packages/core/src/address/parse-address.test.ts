import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { isIPv4, isIPv6 } from 'node:net'
import { expect, it } from 'vitest'
import { canonicalAddress } from './parse-address.ts'

it.each<[string | undefined, string | undefined]>([
  ['203.0.113.7', '203.0.113.7'],
  ['255.255.255.255', '255.255.255.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['::FFFF:1.2.3.4', '1.2.3.4'],
  ['::ffff:102:304', '1.2.3.4'],
  ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
  ['0000:0000:0000:0000:0000:FFFF:0102:0304', '1.2.3.4'],
  ['2001:0DB8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:0:1::', '2001:db8:0:0:1::'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['::1.2.3.4', '::102:304'],
  ['1.2.3.04', undefined],
  ['1.2.3', undefined],
  ['1.2.3.4.5', undefined],
  ['1.2.3.256', undefined],
  ['1.2.3.4:80', undefined],
  ['[::1]', undefined],
  [' 1.2.3.4', undefined],
  ['1::2::3', undefined],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
  ['1:2:3:4:5:6:7:1.2.3.4', undefined],
  ['1:2:3:4:5:6:7:8:9', undefined],
  ['1:2:3:4:5:6:7:8::', undefined],
  ['::1:2:3:4:5:6:7:8', undefined],
  ['1:2:3:4:5:6:7', undefined],
  ['1:2:3:4:5:6:7:', undefined],
  [':1:2:3:4:5:6:7:8', undefined],
  ['1.2.3.4::', undefined],
  [':::', undefined],
  ['::12345', undefined],
  ['::g', undefined],
  ['::1%', undefined],
  ['%eth0', undefined],
  [':', undefined],
  ['', undefined],
  ['1', undefined],
  [undefined, undefined],
])('%s is %s', (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected)
})

const spelling = (address: string) =>
  fc.constantFrom(
    address,
    address.toUpperCase(),
    ipaddr.parse(address).toNormalizedString(),
    ipaddr.parse(address).toNormalizedString().toUpperCase(),
  )

it('gives every spelling of an address the one that ipaddr.js gives', () => {
  const spelled = fc
    .oneof(
      // ipaddr.js takes the long deprecated `::192.0.2.1` for an IPv4-mapped address.
      fc.ipV6().filter((address) => !/^::\d+\./.test(address)),
      fc.ipV4(),
      fc.ipV4().map((address) => `::ffff:${address}`),
    )
    .chain((address) => fc.tuple(fc.constant(address), spelling(address)))
  fc.assert(
    fc.property(spelled, ([address, other]) => {
      const canonical = canonicalAddress(other)
      expect(canonical).toBe(canonicalAddress(address))
      expect(canonical).toBe(ipaddr.process(address).toString())
    }),
    { numRuns: 2000 },
  )
})

it('takes only what is an address', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.stringMatching(/^[\d.:a-f]{0,40}$/),
        fc.stringMatching(/^(?:[01a]{1,5}:{1,2}){1,8}(?:[01a]{0,5}|1\.2\.3\.4|%e)$/),
      ),
      (text) => {
        expect(canonicalAddress(text) !== undefined).toBe(isIPv4(text) || isIPv6(text))
      },
    ),
    { numRuns: 2000 },
  )
})
