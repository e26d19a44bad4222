import { minCpuMs } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { hostileUnits, repeatUnit } from '../../test/hostile-texts.ts'
import { codeRegions } from './code-regions.ts'
import { detectors } from './detectors.ts'

/**
 * The long text takes a linear scan some ten milliseconds and a quadratic one a second or more. It is tried only where
 * the short one was not fast, to which a quadratic scan always belongs: an eighth of the length, a 64th of the time.
 */
const shortLength = 16_000
const longLength = 128_000
const suspiciousMs = 5
const limitMs = 400

const scanners = { ...detectors, codeRegions }

function isSlow(scan: (text: string) => unknown, part: string): boolean {
  if (minCpuMs(() => scan(repeatUnit(part, shortLength))) < suspiciousMs) return false
  return minCpuMs(() => scan(repeatUnit(part, longLength))) > limitMs
}

it.each(Object.keys(scanners) as (keyof typeof scanners)[])(
  '%s takes time linear in the text, whatever is repeated',
  (name) => {
    expect(hostileUnits.filter((part) => isSlow(scanners[name], part))).toEqual([])
  },
  60_000,
)

it('catches a scan that is quadratic', () => {
  const scan = (text: string): number => {
    let found = 0
    for (let index = 0; index < text.length; index += 16)
      for (let other = index; other < text.length; other++) if (text.charCodeAt(other) === 0x21) found++
    return found
  }
  expect(isSlow(scan, 'a')).toBe(true)
}, 60_000)
