import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseForwardedNode } from './forwarded-node.ts'

it.each<[string, string | undefined]>([
  ['203.0.113.7', '203.0.113.7'],
  [' \t203.0.113.7 ', '203.0.113.7'],
  ['203.0.113.7:50001', '203.0.113.7'],
  ['203.0.113.7:_port', '203.0.113.7'],
  ['"203.0.113.7"', '203.0.113.7'],
  ['"203.0.113.7:50001"', '203.0.113.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['2001:DB8:0:0::0001', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['"[2001:db8::1]:443"', '2001:db8::1'],
  ['[fe80::1%eth0]:443', 'fe80::1'],
  ['[fe80::1%25eth0]', 'fe80::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::FFFF:1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4:50001', '1.2.3.4'],
  ['[::ffff:1.2.3.4]:50001', '1.2.3.4'],
  ['[::ffff:102:304]:50001', '1.2.3.4'],
  ['', undefined],
  [' ', undefined],
  ['unknown', undefined],
  ['_hidden', undefined],
  ['unix:', undefined],
  ['unix:/run/app.sock', undefined],
  ['localhost', undefined],
  ['<script>', undefined],
  ['203.0.113.7:', undefined],
  ['203.0.113.7:http', undefined],
  ['203.0.113.7:123456', undefined],
  ['203.0.113.7:80:80', undefined],
  ['[203.0.113.7]:80', undefined],
  ['[2001:db8::1', undefined],
  ['2001:db8::1]', undefined],
  ['[2001:db8::1]443', undefined],
  ['"203.0.113.7', undefined],
  ['""', undefined],
  ['010.0.0.1', undefined],
  ['203.0.113.7 10.0.0.1', undefined],
  ['for=203.0.113.7', undefined],
  ['1'.repeat(10_000), undefined],
])('%j names %s', (entry, expected) => {
  expect(parseForwardedNode(entry)).toBe(expected)
})

it('never throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^["[\]\d.:a-f%_, ]{0,60}$/)), (entry) => {
      expect(['string', 'undefined']).toContain(typeof parseForwardedNode(entry))
    }),
  )
})
