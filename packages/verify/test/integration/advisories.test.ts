import { expect, it } from 'vitest'
import { notApplicableAdvisories, replayedAdvisories } from '../../src/advisories/advisories.ts'
import { runAdvisories } from '../../src/advisories/run-advisories.ts'

it('is open to no published advisory of the field', { timeout: 120_000 }, async () => {
  const open: string[] = []
  const figures = await runAdvisories((line) => {
    if (line.endsWith(': open')) open.push(line)
  })
  expect(open).toEqual([])
  expect(figures.open).toBe(0)
  // The attempts are worth something: most of them succeed where nobody thought of them.
  expect(figures.controlsOpen).toBeGreaterThan(figures.controls / 2)
})

it('names every advisory once, with its source', () => {
  const all = [...replayedAdvisories, ...notApplicableAdvisories]
  const ids = all.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(
    all.filter(
      ({ id, source }) => !/^(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})$/.test(id) || !URL.canParse(source),
    ),
  ).toEqual([])
})
