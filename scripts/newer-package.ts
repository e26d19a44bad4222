import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findExecutable } from '../packages/testkit/src/processes/find-executable.ts'

/** Programs of a newer Debian release than the machine's. */
export interface NewerPackage {
  /** Debian's name of the package. */
  readonly name: string
  /** The programs in the package, such as `usr/sbin/nginx`. */
  readonly programs: readonly string[]
  /** The release, such as `forky`. */
  readonly suite: string
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** @returns the folder with the programs of a package that was unpacked, whether or not it is there */
export const unpackedPrograms = ({ name, suite }: Omit<NewerPackage, 'programs'>, folder: string): string =>
  join(folder, `${name}-${suite}`, 'bin')

/**
 * Unpacks programs and the libraries they need, their C library included, into a folder of its own. Nothing is
 * installed: the machine keeps its release. The programs in the returned folder run with the unpacked libraries.
 *
 * @param folder - where the packages are kept, one folder each
 * @throws Error on a machine without apt, or when the package cannot be had
 */
export function unpackNewerPackage({ name, programs, suite }: NewerPackage, folder: string): string {
  const home = join(folder, `${name}-${suite}`)
  const bin = join(home, 'bin')
  if (programs.every((program) => existsSync(join(bin, basename(program))))) return bin
  if (!findExecutable('apt-get') || !findExecutable('dpkg')) {
    throw new Error(`${name} of Debian ${suite} can be unpacked only on a machine with apt-get and dpkg`)
  }
  const building = `${home}.${String(process.pid)}`
  try {
    const root = join(building, 'root')
    for (const file of download(name, suite, join(building, 'apt'))) execFileSync('dpkg', ['-x', file, root])
    rmSync(join(building, 'apt'), { recursive: true })
    mkdirSync(join(building, 'bin'))
    for (const program of programs) {
      const script = join(building, 'bin', basename(program))
      writeFileSync(script, launchScript(home, root, program))
      chmodSync(script, 0o755)
    }
    rmSync(home, { recursive: true, force: true })
    renameSync(building, home)
    return bin
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
}

/** Downloads a package and all that it depends on, with lists and settings of its own. */
function download(name: string, suite: string, folder: string): readonly string[] {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'debs']) {
    mkdirSync(join(folder, part), { recursive: true })
  }
  const status = join(folder, 'status')
  const sources = join(folder, 'sources.list')
  const settings = join(folder, 'apt.conf')
  writeFileSync(status, '')
  writeFileSync(sources, `deb [signed-by=${keyring}] ${debianMirror()} ${suite} main\n`)
  writeFileSync(
    settings,
    [
      `Dir::State "${join(folder, 'state')}";`,
      `Dir::State::status "${status}";`,
      `Dir::Cache "${join(folder, 'cache')}";`,
      `Dir::Etc::sourcelist "${sources}";`,
      'Dir::Etc::sourceparts "-";',
      'APT::Sandbox::User "";',
      'Acquire::Languages "none";',
    ].join('\n'),
  )
  const env = { ...process.env, APT_CONFIG: settings }
  const apt = (...args: readonly string[]): void => {
    execFileSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 2, 2] })
  }
  apt('update')
  apt('install', '--yes', '--no-install-recommends', '--download-only', '-o', 'Debug::NoLocking=1', name)
  const archives = join(folder, 'cache/archives')
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file))
}

/** Where this machine's own packages come from. */
function debianMirror(): string {
  const uris = execFileSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian'],
    { encoding: 'utf8' },
  )
  const mirror = uris.split('\n').find((uri) => uri !== '' && !uri.includes('security'))
  if (mirror === undefined) throw new Error('this machine has no list of Debian packages: run apt-get update')
  return mirror
}

/** The unpacked loader takes the unpacked libraries alone. A program that starts itself again starts the script. */
function launchScript(home: string, root: string, program: string): string {
  const libraries = readdirSync(join(root, 'usr/lib')).find((entry) => entry.endsWith('-linux-gnu'))
  if (libraries === undefined) throw new Error('the unpacked packages hold no C library')
  const loader = readdirSync(join(root, 'usr/lib', libraries)).find((file) => /^ld-linux.*\.so/.test(file))
  if (loader === undefined) throw new Error('the unpacked packages hold no loader')
  const folder = join(home, 'root/usr/lib', libraries)
  return `#!/bin/sh\nexec '${join(folder, loader)}' --library-path '${folder}' --argv0 "$0" '${join(home, 'root', program)}' "$@"\n`
}

/** @returns the version that a program prints, such as `[1, 30, 6]` */
export function versionOf(program: string, ...args: readonly string[]): readonly number[] {
  try {
    // nginx prints to stderr.
    const text = execFileSync('sh', ['-c', 'exec "$0" "$@" 2>&1', program, ...args], { encoding: 'utf8' })
    return (/\d+(?:\.\d+)+/.exec(text)?.[0] ?? '').split('.').map(Number)
  } catch {
    return []
  }
}
