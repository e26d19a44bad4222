import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const resultSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      mutants: z.array(
        z.object({
          status: z.string(),
          mutatorName: z.string(),
          replacement: z.string().optional(),
          location: z.object({ start: z.object({ line: z.number() }) }),
        }),
      ),
    }),
  ),
})

/** What became of one mutant that was tried. */
export interface TriedMutant {
  /** `packages/core/src/time/clock.ts` */
  readonly file: string
  readonly line: number
  /** What was changed, as Stryker calls it, and into what. */
  readonly change: string
  /** A mutant that no test reaches survives, too. */
  readonly killed: boolean
}

/** One run of Stryker over a package. */
export interface StrykerRun {
  /** A clone that may be changed. */
  readonly directory: string
  /** The package's folder below `packages`. */
  readonly name: string
  /** Files, or files with ranges of lines. */
  readonly mutate: readonly string[]
  /** How many mutants are tried. */
  readonly sample: number
}

/** The unit tests of one package: Stryker's runner takes a configuration of one project. Instrumented code is slow. */
const vitestConfig = (name: string): string => `
import { defineConfig } from 'vitest/config'
import projects from './vitest.workspace.ts'

const [unit] = projects
export default defineConfig({
  ...unit,
  test: { ...unit?.test, name: undefined, include: ['packages/${name}/src/**/*.test.ts'], maxWorkers: 1, testTimeout: 60_000 },
})
`

/**
 * Changes one package's sources in many ways and runs its unit tests on each.
 *
 * @throws Error when the tests fail without any change
 */
export async function runStryker({
  directory,
  name,
  mutate,
  sample,
}: StrykerRun): Promise<readonly TriedMutant[]> {
  const report = join(directory, 'mutants.json')
  const configuration = {
    plugins: ['@stryker-mutator/vitest-runner', join(import.meta.dirname, 'sample-checker.ts')],
    testRunner: 'vitest',
    checkers: ['sample'],
    vitest: { configFile: 'vitest.mutants.config.ts', related: false },
    coverageAnalysis: 'perTest',
    inPlace: true,
    concurrency: 1,
    mutate,
    reporters: ['json'],
    jsonReporter: { fileName: report },
    allowConsoleColors: false,
    checkerNodeArgs: [],
    timeoutMS: 15_000,
    timeoutFactor: 3,
    dryRunTimeoutMinutes: 20,
    tempDirName: '.cache/stryker',
  }
  await writeFile(join(directory, 'vitest.mutants.config.ts'), vitestConfig(name))
  await writeFile(join(directory, 'stryker.config.json'), JSON.stringify(configuration))
  try {
    await promisify(execFile)(join('node_modules', '.bin', 'stryker'), ['run', 'stryker.config.json'], {
      cwd: directory,
      maxBuffer: 2 ** 28,
      env: { ...process.env, ALFRED_MUTANT_SAMPLE: String(sample) },
    })
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout).slice(-2000) : ''
    throw new Error(`Stryker did not run on ${name}: ${output}`, { cause: error })
  }
  const { files } = resultSchema.parse(JSON.parse(await readFile(report, 'utf8')))
  return Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status))
      .map(({ status, mutatorName, replacement = '', location }) => ({
        file,
        line: location.start.line,
        change: `${mutatorName}: ${replacement.split('\n')[0] ?? ''}`,
        killed: status === 'Killed' || status === 'Timeout',
      })),
  )
}
