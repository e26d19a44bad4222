import { expect, it } from 'vitest'
import { addressRisk, type AddressRisk } from './address-risk.ts'

it.each<[string, AddressRisk | undefined]>([
  ['93.184.216.34', undefined],
  ['2606:2800:220:1::1', undefined],
  ['127.0.0.1', 'private'],
  ['0.0.0.0', 'private'],
  ['10.1.2.3', 'private'],
  ['224.0.0.1', 'private'],
  ['::', 'private'],
  ['::1', 'private'],
  ['0:0:0:0:0:0:0:1', 'private'],
  ['FE80::1%eth0', 'private'],
  ['FD00:EC2:0::254', 'metadata'],
  ['169.254.169.254', 'metadata'],
  // As IPv4 inside IPv6, in every way there is.
  ['::ffff:169.254.169.254', 'metadata'],
  ['::FFFF:A9FE:A9FE', 'metadata'],
  ['0:0:0:0:0:ffff:7f00:1', 'private'],
  ['::127.0.0.1', 'private'],
  ['::ffff:0:127.0.0.1', 'private'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b::93.184.216.34', undefined],
  ['64:ff9b:1::10.0.0.1', 'private'],
  ['2002:7f00:1::', 'private'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['2002:5db8:d822::1', undefined],
  ['2001:0:a9fe:a9fe::1', 'private'],
  ['2606::5efe:10.0.0.1', 'private'],
  ['2606::200:5efe:10.0.0.1', 'private'],
  // No addresses, which another program may still read as one.
  ['0177.0.0.1', 'private'],
  ['2130706433', 'private'],
  ['127.1', 'private'],
  ['', 'private'],
])('%s: %s', (address, risk) => {
  expect(addressRisk(address)).toBe(risk)
})
