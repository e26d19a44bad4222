import { readFileSync } from 'node:fs'
import path from 'node:path'
import { detectAll } from '@alfred/input-validation/detectors'
import { interleave } from '../measure/interleave.ts'
import { median } from '../measure/statistics.ts'
import { threadClock } from '../measure/thread-clock.ts'
import type { Progress } from '../report/bench-area.ts'
import { promptTexts, quotingPromptTexts } from './texts.ts'

/** Benign texts, as they come to a server. Read where `ALFRED_CORPORA` names the folder with them. */
const corpora = ['benign-coding-prompts', 'benign-coding-answers', 'benign-trigger-words'] as const

/** What detectors cost on a kind of text, ns per character of the thread's processor time, a sample a round. */
export interface DetectorSamples {
  readonly name: string
  readonly detectors: readonly number[]
  /** Adding up what `charCodeAt` returns: how fast the machine was meanwhile. */
  readonly loop: readonly number[]
}

const readers: Readonly<Record<'detectors' | 'loop', (text: string) => unknown>> = {
  detectors: (text) => detectAll(text),
  loop(text) {
    let sum = 0
    for (let index = 0; index < text.length; index++) sum += text.charCodeAt(index)
    return sum
  },
}

/** A round reads so many characters, so that the clock's ticks of some milliseconds do not show. */
const charactersPerRound = 2_000_000

function nanosPerCharacter(read: (text: string) => unknown, texts: readonly string[]): number {
  const characters = texts.reduce((sum, { length }) => sum + length, 0)
  const passes = Math.ceil(charactersPerRound / characters)
  const startedAt = threadClock.monotonicMs()
  for (let pass = 0; pass < passes; pass++) for (const text of texts) read(text)
  return ((threadClock.monotonicMs() - startedAt) * 1e6) / passes / characters
}

/** The kinds of texts; of ours alone without the corpora. */
function kindsOfTexts(): Readonly<Record<string, readonly string[]>> {
  const own = { 'prompts of this bench': [...promptTexts, ...quotingPromptTexts] }
  const folder = process.env['ALFRED_CORPORA']
  if (folder === undefined) return own
  const read = (name: string): readonly string[] =>
    JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as string[]
  return { ...own, ...Object.fromEntries(corpora.map((name) => [name, read(name)])) }
}

/** Has all detectors look through benign texts. The first round compiles and is left out. */
export async function measureDetectors(
  rounds: number,
  progress: Progress,
): Promise<readonly DetectorSamples[]> {
  const results: DetectorSamples[] = []
  for (const [name, texts] of Object.entries(kindsOfTexts())) {
    const samples = await interleave(['detectors', 'loop'], rounds + 1, (reader) =>
      nanosPerCharacter(readers[reader], texts),
    )
    const result = { name, detectors: samples.detectors.slice(1), loop: samples.loop.slice(1) }
    progress(`detectors, ${name}: ${median(result.detectors).toFixed(1)} ns per character`)
    results.push(result)
  }
  return results
}
