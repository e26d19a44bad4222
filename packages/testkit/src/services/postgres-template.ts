import { execFile } from 'node:child_process'
import { chown, cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type PostgresBinaries, unprivilegedUser } from './postgres-binaries.ts'

const run = promisify(execFile)

/** In node_modules and not in the system's temp folder, which removes single old files. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/alfred-postgres/', import.meta.url))

/**
 * Fills `target` with a fresh database cluster. initdb runs once per checkout and version; its result
 * is kept and copied from then on.
 *
 * @param scratch - an existing folder that the unprivileged user may write to
 */
export async function createCluster(
  binaries: PostgresBinaries,
  target: string,
  scratch: string,
): Promise<void> {
  const template = join(cache, binaries.version)
  if (!(await exists(template))) await createTemplate(binaries, template, scratch)
  await run('cp', ['-Rp', template, target])
  const user = unprivilegedUser()
  if (user) await run('chown', ['-R', `${String(user.uid)}:${String(user.gid)}`, target])
}

async function createTemplate(binaries: PostgresBinaries, template: string, scratch: string): Promise<void> {
  const user = unprivilegedUser()
  const fresh = join(scratch, 'initdb')
  await mkdir(fresh, { mode: 0o700 })
  if (user) await chown(fresh, user.uid, user.gid)
  await run(
    binaries.initdb,
    [
      `--pgdata=${fresh}`,
      '--username=postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--wal-segsize=1',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: scratch },
  )
  await mkdir(cache, { recursive: true })
  const complete = await mkdtemp(`${template}.`)
  await cp(fresh, complete, { recursive: true })
  await rm(fresh, { recursive: true })
  try {
    await rename(complete, template)
  } catch (error) {
    await rm(complete, { recursive: true, force: true })
    // Another process was first, and its cluster is as good.
    if (!(await exists(template))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
