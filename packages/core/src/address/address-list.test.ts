import fc from 'fast-check'
import { BlockList, isIPv6 } from 'node:net'
import { inspectOptions } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { addressListRule, createAddressList } from './address-list.ts'

describe('an address list', () => {
  it.each([
    // entry, address, whether it is in
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '::FFFF:C000:201', true],
    ['192.0.2.1', '64:ff9b::192.0.2.1', true],
    ['192.0.2.1', '64:ff9b::c000:201', true],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201', true],
    ['64:ff9b::/96', '64:ff9b::10.0.0.1', true],
    ['64:ff9b::/96', '192.0.2.1', false],
    ['10.0.0.0/8', '64:ff9b::10.0.0.1', false],
    ['::FFFF:C000:201', '192.0.2.1', true],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1', true],
    ['2001:DB8:0:0::0001', '2001:db8::1', true],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    ['10.1.2.3/8', '10.200.0.1', true],
    ['192.0.2.0/25', '192.0.2.127', true],
    ['192.0.2.0/25', '192.0.2.128', false],
    ['192.0.2.8/30', '192.0.2.11', true],
    ['192.0.2.8/30', '192.0.2.12', false],
    ['192.0.2.1/32', '192.0.2.1', true],
    ['192.0.2.1/32', '192.0.2.0', false],
    ['0.0.0.0/0', '203.0.113.7', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '203.0.113.7', false],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['::ffff:10.0.0.0/104', '11.9.9.9', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:DB8::/33', '2001:db8:7fff::', true],
    ['2001:DB8::/33', '2001:db8:8000::', false],
    ['2001:db8::1', '2001:0db8:0:0:0:0:0:1', true],
    ['fe80::/10', 'fe80::1%eth0', true],
    ['::1', '::1', true],
    ['::1', '::2', false],
    ['1::', '1::', true],
    ['2000::/1', '10.0.0.1', false],
    ['10.0.0.0/8', '10.0.0.01', false],
    ['10.0.0.0/8', '10.0.0.0.0', false],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', '10.0.0', false],
    ['10.0.0.0/8', '10.0.0.1:80', false],
  ])('%s holds %s: %s', (entry, address, expected) => {
    expect(createAddressList([entry]).has(address)).toBe(expected)
  })

  it('finds its way among many, also overlapping ones', () => {
    const list = createAddressList([
      '10.0.0.0/8',
      '10.1.0.0/16',
      '192.0.2.0/24',
      '172.16.0.0/12',
      '::1',
      '2001:db8::/32',
    ])
    for (const address of ['10.1.2.3', '10.2.0.0', '172.31.255.255', '192.0.2.255', '::1', '2001:db8::9']) {
      expect([address, list.has(address)]).toEqual([address, true])
    }
    for (const address of ['9.9.9.9', '172.32.0.0', '192.0.3.0', '::', '2001:db9::']) {
      expect([address, list.has(address)]).toEqual([address, false])
    }
  })

  it('holds nothing when it is empty', () => {
    expect(createAddressList([]).has('10.0.0.1')).toBe(false)
  })

  it('agrees with net.BlockList', () => {
    const version = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')
    // A few bits only, so that entries and addresses meet.
    const near4 = fc
      .tuple(fc.constantFrom(10, 11), fc.nat(3), fc.nat(3), fc.nat(255))
      .map((parts) => parts.join('.'))
    const near6 = fc
      .tuple(fc.constantFrom('2001:db8', '2001:db9'), fc.nat(3), fc.nat(65_535))
      .map(([start, group, last]) => `${start}:${group.toString(16)}::${last.toString(16)}`)
    const families = [
      [near4, 32],
      [near6, 128],
    ] as const
    for (const [near, bits] of families) {
      const entry = fc.tuple(near, fc.integer({ min: 1, max: bits }))
      fc.assert(
        fc.property(fc.array(entry, { maxLength: 12 }), near, (entries, address) => {
          const peer = new BlockList()
          for (const [network, prefix] of entries) peer.addSubnet(network, prefix, version(network))
          const own = createAddressList(entries.map(([network, prefix]) => `${network}/${String(prefix)}`))
          expect(own.has(address)).toBe(peer.check(address, version(address)))
        }),
        { numRuns: 300 },
      )
    }
  })

  it('never throws, whatever it is asked', () => {
    const list = createAddressList(['10.0.0.0/8', '2001:db8::/32'])
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (address) => {
        expect(typeof list.has(address)).toBe('boolean')
      }),
    )
  })
})

it.each([
  '10.0.0.0/33',
  '::/129',
  '10.0.0/8',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  'localhost',
  '',
  '::ffff:10.0.0.0/95',
  '::ffff:10.0.0.0/8',
  'fe80::1%eth0',
  'fe80::%eth0/64',
  5,
])('refuses the entry %s', (entry) => {
  const { problems } = inspectOptions('deny', [entry], addressListRule)
  expect(problems).toMatchObject([{ path: 'deny[0]', code: 'ALFRED_CONFIG_OUT_OF_RANGE' }])
})
