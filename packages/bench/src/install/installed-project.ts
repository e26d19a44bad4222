import { execFile } from 'node:child_process'
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A project as npm installs it. */
export interface InstalledProject extends AsyncDisposable {
  /** All files of `node_modules`, in bytes. */
  readonly bytes: number
  /** How many packages npm installed. */
  readonly packages: number
  /** How long a new process takes to run `code`, in ms, once `node:http` is loaded as every server has it. */
  measure(code: string): Promise<number>
}

/** Installs `dependencies`, by name and version or file, into a new project. */
export async function installProject(
  dependencies: Readonly<Record<string, string>>,
): Promise<InstalledProject> {
  const root = await mkdtemp(join(tmpdir(), 'alfred-install-'))
  await writeFile(join(root, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock'], {
    cwd: root,
  })
  const modules = join(root, 'node_modules')
  return {
    bytes: await bytesOf(modules),
    packages: await packagesIn(modules),
    async measure(code) {
      const script = `
        await import('node:http')
        const startedAt = performance.now()
        ${code}
        console.log(performance.now() - startedAt)
        process.exit()`
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: root })
      return Number(stdout)
    },
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true, force: true })
    },
  }
}

async function bytesOf(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true })
  const sizes = entries.map(async (entry) => {
    const inside = join(path, entry.name)
    return entry.isDirectory() ? bytesOf(inside) : (await lstat(inside)).size
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** Folders with a manifest below each `node_modules`, scopes looked into. */
async function packagesIn(modules: string): Promise<number> {
  let count = 0
  for (const entry of await readdir(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    const folder = join(modules, entry.name)
    if (entry.name.startsWith('@')) count += await packagesIn(folder)
    else {
      const inside = await readdir(folder)
      count += 1 + (inside.includes('node_modules') ? await packagesIn(join(folder, 'node_modules')) : 0)
    }
  }
  return count
}
