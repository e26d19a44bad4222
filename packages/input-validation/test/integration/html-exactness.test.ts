import { expect, it } from 'vitest'
import { createExactnessTrial, generateHtml } from '../exactness.ts'
import { generateWellFormedHtml } from '../well-formed-html.ts'

it('returns what DOMPurify returns, byte for byte', { timeout: 120_000 }, async () => {
  const differences: string[] = []
  const trial = createExactnessTrial((text) => differences.push(text))
  // A million of them, and the corpora, are in `pnpm verify html-exactness`.
  for (let seed = 1; seed <= 10_000; seed++) await trial.compare(generateHtml(seed))
  for (let seed = 1; seed <= 5000; seed++) await trial.compare(generateWellFormedHtml(seed))
  await trial.close()
  expect(differences).toEqual([])
  expect(trial.fast()).toBeGreaterThan(7000)
  expect(trial.simple()).toBeGreaterThan(2000)
})
