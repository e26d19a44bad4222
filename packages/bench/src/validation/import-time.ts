import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Progress } from '../report/bench-area.ts'
import { interleave } from '../measure/interleave.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../..', import.meta.url))
const here = fileURLToPath(new URL('.', import.meta.url))

/** What is imported, each in a process of its own. */
export const importedNames = ['@alfred/input-validation', 'isomorphic-dompurify', 'sanitize-html'] as const

/** Builds what users install: sources take longer, since Node strips their types. */
async function build(): Promise<void> {
  const filters = ['@alfred/core', '@alfred/input-validation'].flatMap((name) => ['--filter', name])
  await run('pnpm', [...filters, 'run', 'build'], { cwd: repository })
}

/**
 * How long importing each package takes, ms, in a new process that has loaded `node:http` as every server has.
 *
 * @returns the samples of each
 */
export async function measureImports(
  rounds: number,
  progress: Progress,
): Promise<Readonly<Record<(typeof importedNames)[number], readonly number[]>>> {
  progress('building @alfred/core and @alfred/input-validation')
  await build()
  return interleave(importedNames, rounds, async (name, round) => {
    const script = `
      await import('node:http')
      const startedAt = performance.now()
      await import(${JSON.stringify(name)})
      console.log(performance.now() - startedAt)`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: here })
    const tookMs = Number(stdout)
    progress(`import ${name} ${String(round)}/${String(rounds)}: ${tookMs.toFixed(1)} ms`)
    return tookMs
  })
}
