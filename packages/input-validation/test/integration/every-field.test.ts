import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEveryField, type EveryField } from '../every-field.ts'
import { hostileStructures, hostileUnits } from '../hostile-texts.ts'

// The list of naughty strings goes through the same in `pnpm verify false-positives`.
const nasty = [
  ...hostileUnits,
  ...hostileStructures,
  'undefined',
  'NaN',
  '__proto__',
  '<constructor>',
  '<b><constructor>',
  '<b><valueof>',
  '&constructor;',
  'constructor://a',
  '; constructor (',
  'ﬀ',
  'İ',
  'ß',
  'Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮',
  '\u0000',
  '\ud800',
  '\ufeff',
  '\ufffe',
  '\u202e',
  '\u2028',
  '👩🏽‍👩‍👧',
  'الكتب',
  '1e999',
  '%00',
  '%s%n',
  '$HOME',
  '{{name}}',
  '{% raw %}',
  'C:\\con',
  'aux.',
  '../../etc/passwd\0.png',
  'http://[::1%25eth0]/',
  'http://a@b@c:99999/',
  '[a]: <\n',
  '![](',
]

let every: EveryField
beforeAll(async () => {
  every = await createEveryField()
}, 60_000)
afterAll(() => every.close())

it('takes any text into a field of any kind: no exception, and no character lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ maxLength: 8 })), {
          maxLength: 12,
        })
        .map((parts) => parts.join('')),
      async (value) => {
        expect(await every.faultsOf(value)).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
}, 120_000)

it('takes each alone, and many of each', async () => {
  for (const unit of nasty)
    for (const value of [unit, `${unit} ${unit}`.repeat(20)])
      expect({ value, faults: await every.faultsOf(value) }).toEqual({ value, faults: [] })
}, 120_000)
