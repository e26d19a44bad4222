import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The folders of the packages that are published, below `packages/`. */
export async function publicPackages(): Promise<readonly string[]> {
  const folders = (await readdir('packages')).map((name) => `packages/${name}`)
  const published: string[] = []
  for (const folder of folders.sort()) {
    const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as { private?: boolean }
    if (manifest.private !== true) published.push(folder)
  }
  return published
}

/**
 * Builds every public package and packs it as it would be published.
 *
 * @param folder - emptied first
 * @returns the tarballs' absolute paths
 */
export async function packPublicPackages(folder: string): Promise<readonly string[]> {
  const destination = resolve(folder)
  await rm(destination, { recursive: true, force: true })
  await mkdir(destination, { recursive: true })
  await run('pnpm', ['run', 'build'], { maxBuffer: 2 ** 26 })
  for (const folder of await publicPackages()) {
    await run('pnpm', ['pack', '--pack-destination', destination], { cwd: folder })
  }
  return (await readdir(destination)).map((name) => `${destination}/${name}`)
}
