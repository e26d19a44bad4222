import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A copy of what is committed, with its packages installed, that may be changed. Disposing removes it. */
export async function cloneRepository(): Promise<AsyncDisposable & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'alfred-mutants-'))
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  try {
    await run('git', ['clone', '--quiet', '--shared', process.cwd(), directory])
    await run('npx', ['-y', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'], {
      cwd: directory,
    })
  } catch (error) {
    await remove()
    throw new Error('the repository cannot be cloned and installed', { cause: error })
  }
  return { directory, [Symbol.asyncDispose]: remove }
}
