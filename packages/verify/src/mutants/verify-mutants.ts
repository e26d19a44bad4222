import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { changedLines } from './changed-lines.ts'
import { cloneRepository } from './clone-repository.ts'
import { runStryker, type TriedMutant } from './run-stryker.ts'
import { aimOf } from './score-aims.ts'

/** How many faults the tests notice. */
export type MutantFigures = {
  readonly mutants: number
  readonly killed: number
  readonly survived: number
  /** The share that was killed. */
  readonly score: number
}

/** All together, each package, and each share of the code that has an aim of its own. */
export type MutantVerification = MutantFigures & {
  readonly packages: Readonly<Record<string, MutantFigures>>
  /** By aim: access decisions and the key vault 0.9, the rest 0.8, detectors 0.7. */
  readonly aims: Readonly<Record<string, MutantFigures>>
}

/** Tools that are not published have no score. */
const withoutScore = ['bench', 'testkit']

function figuresOf(tried: readonly TriedMutant[]): MutantFigures {
  const killed = tried.filter((mutant) => mutant.killed).length
  const score = tried.length === 0 ? 1 : Number((killed / tried.length).toFixed(3))
  return { mutants: tried.length, killed, survived: tried.length - killed, score }
}

/**
 * Changes the sources of each package in a seeded sample of ways, and counts how often its unit tests notice:
 * `pnpm verify mutants [package ...] [--sample 60] [--changed main] [--json]`. Works on a clone of what is committed.
 * Changes have no effect in worker threads and child processes. `ALFRED_SEED` draws another sample.
 */
export async function verifyMutants(): Promise<MutantVerification> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { json: { type: 'boolean' }, sample: { type: 'string' }, changed: { type: 'string' } },
  })
  const [, ...named] = positionals
  const packages = named.length > 0 ? named : await scoredPackages()
  const changed = values.changed === undefined ? undefined : await changedLines(values.changed)
  await using clone = await cloneRepository()

  const tried = new Map<string, readonly TriedMutant[]>()
  for (const name of packages) {
    const source = `packages/${name}/src/`
    const mutate = changed?.filter((range) => range.startsWith(source)) ?? [
      `${source}**/*.ts`,
      `!${source}**/*.test.ts`,
      `!${source}index.ts`,
    ]
    if (mutate.length === 0) continue
    const sample = Number(values.sample ?? (changed ? 1000 : 60))
    const mutants = await runStryker({ directory: clone.directory, name, mutate, sample })
    tried.set(name, mutants)
    for (const { file, line, change } of mutants.filter(({ killed }) => !killed)) {
      console.error(`survived: ${file}:${String(line)} ${change}`)
    }
    console.error(`${name}: ${JSON.stringify(figuresOf(mutants))}`)
  }

  const all = [...tried.values()].flat()
  const byAim = Map.groupBy(all, ({ file }) => aimOf(file))
  const isBelow = [...byAim].some(([aim, mutants]) => figuresOf(mutants).score < aim)
  if (isBelow) process.exitCode = 1
  return {
    ...figuresOf(all),
    packages: Object.fromEntries([...tried].map(([name, mutants]) => [name, figuresOf(mutants)])),
    aims: Object.fromEntries([...byAim].map(([aim, mutants]) => [String(aim), figuresOf(mutants)])),
  }
}

async function scoredPackages(): Promise<readonly string[]> {
  const folders = await readdir('packages')
  return folders.filter((name) => !withoutScore.includes(name)).sort()
}
