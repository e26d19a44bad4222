import fc from 'fast-check'
import { expect, it } from 'vitest'
import { attackTexts } from '../../../test/attack-texts.ts'
import { hostileStructures, hostileUnits, repeatUnit } from '../../../test/hostile-texts.ts'
import { detectSql as oracle } from '../../../test/sql-oracle/sql.ts'
import { atOnce } from '../text/stepped-work.ts'
import { detectSql } from './sql.ts'

const findings = (text: string, detect = detectSql) => atOnce(detect(text))

it('finds what the detector on texts found, place for place and score for score', () => {
  fc.assert(
    fc.property(attackTexts, (text) => {
      expect(findings(text)).toEqual(findings(text, oracle))
    }),
    { numRuns: 20_000 },
  )
}, 120_000)

it('does so for what is hostile to scanners, in one step and in several', () => {
  for (const unit of [...hostileUnits, ...hostileStructures]) {
    for (const length of [unit.length, 100, 1000, 10_000]) {
      const text = repeatUnit(unit, length)
      expect([unit, length, findings(text)]).toEqual([unit, length, findings(text, oracle)])
    }
  }
}, 60_000)

it('leaves nothing of a text behind for the next one', () => {
  const texts = [`${"' or 1=1 ".repeat(20)}--`, "'", 'or', "x' union", '1', '', '‘ or ‘a‘=‘a']
  for (const text of [...texts, ...texts.toReversed()])
    expect([text, findings(text)]).toEqual([text, findings(text, oracle)])
})

it('keeps texts apart that are looked through in turns', () => {
  const one = repeatUnit("x' or 1=1 -- ", 30_000)
  const other = repeatUnit('1 union select a, ', 30_000)
  const works = [detectSql(one), detectSql(other)]
  const results: unknown[] = []
  for (let turn = 0; results.filter(Boolean).length < works.length; turn++) {
    const at = turn % works.length
    const step = results[at] ? undefined : works[at]?.next()
    if (step?.done === true) results[at] = step.value
  }
  expect(results).toEqual([findings(one, oracle), findings(other, oracle)])
})
