import { createHash } from 'node:crypto'
import { type Checker, type CheckResult, CheckStatus } from '@stryker-mutator/api/check'
import type { Mutant } from '@stryker-mutator/api/core'
import { declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'

/** How many mutants of a run are tried; the rest is set aside before a test runs. */
const size = Number(process.env['ALFRED_MUTANT_SAMPLE'])
const seed = process.env['ALFRED_SEED'] ?? '1'

/** The same for a mutant wherever the repository is, as long as its line stays where it is. */
function rank({ fileName, location, replacement }: Mutant): string {
  const identity = [fileName.replace(/^.*\/(?=packages\/)/, ''), location.start, location.end, replacement]
  return createHash('sha256')
    .update(JSON.stringify([seed, identity]))
    .digest('hex')
}

/** Stryker asks a checker which mutants compile, before it runs any. One that is not drawn is said not to. */
function createSampleChecker(): Checker {
  const drawn = new Set<string>()
  return {
    init: () => Promise.resolve(),
    group(mutants) {
      const ranked = mutants.map((mutant) => ({ id: mutant.id, at: rank(mutant) }))
      ranked.sort((one, other) => (one.at < other.at ? -1 : 1))
      for (const { id } of ranked.slice(0, size)) drawn.add(id)
      return Promise.resolve([ranked.map(({ id }) => id)])
    },
    check(mutants) {
      const results = mutants.map(({ id }): [string, CheckResult] => [
        id,
        drawn.has(id)
          ? { status: CheckStatus.Passed }
          : { status: CheckStatus.CompileError, reason: 'not drawn' },
      ])
      return Promise.resolve(Object.fromEntries(results))
    },
  }
}

/** Read by Stryker: the plugins of this file. */
export const strykerPlugins = [declareFactoryPlugin(PluginKind.Checker, 'sample', createSampleChecker)]
