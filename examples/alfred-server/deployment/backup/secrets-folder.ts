import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * Looks at what would be saved, through links and in the folders below.
 *
 * @throws Error when the key that opens backups is among it, when a link leads nowhere, or without a vault's key
 */
export async function checkSecrets(folder: string): Promise<void> {
  for (const file of await filesIn(folder, new Set())) {
    if ((await readFile(file, 'latin1')).includes('AGE-SECRET-KEY-')) {
      throw new Error(`${relative(folder, file)} opens the backups: keep that key on another machine`)
    }
  }
  const vaultKey = await readFile(join(folder, 'vault_key'), 'utf8').catch(() => '')
  if (vaultKey.trim() === '') throw new Error(`${folder} has no vault_key, or an empty one`)
}

/** Writes the folder to stdout. A link alone would be worth nothing on another machine: its content is saved. */
export const archiveSecrets = (folder: string): readonly string[] => [
  'tar',
  '--create',
  '--dereference',
  '--directory',
  folder,
  '.',
]

/** @param seen - the folders that were looked at, by their real path: links may lead in circles */
async function filesIn(folder: string, seen: Set<string>): Promise<readonly string[]> {
  const real = await realpath(folder)
  if (seen.has(real)) return []
  seen.add(real)
  const found: string[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const entry = await stat(path)
    if (entry.isDirectory()) found.push(...(await filesIn(path, seen)))
    else if (entry.isFile()) found.push(path)
  }
  return found
}
