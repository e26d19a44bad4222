import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { archiveSecrets, checkSecrets } from './secrets-folder.ts'

const run = promisify(execFile)

/** A folder of secrets beside a folder that is not saved. */
async function newFolders(): Promise<{ readonly secrets: string; readonly elsewhere: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-secrets-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [secrets, elsewhere] = [join(folder, 'secrets'), join(folder, 'elsewhere')]
  await mkdir(secrets)
  await mkdir(elsewhere)
  return { secrets, elsewhere }
}

it('saves what a link leads to', async () => {
  const { secrets, elsewhere } = await newFolders()
  await writeFile(join(elsewhere, 'key'), 'content of the key')
  await symlink(join(elsewhere, 'key'), join(secrets, 'vault_key'))
  await checkSecrets(secrets)
  const [file = '', ...args] = archiveSecrets(secrets)
  expect((await run(file, args)).stdout).toContain('content of the key')
})

it.each(['keys/identity', 'linked/identity', 'identity'])(
  'refuses a key that opens backups as %s',
  async (name) => {
    const { secrets, elsewhere } = await newFolders()
    await writeFile(join(secrets, 'vault_key'), 'key')
    await mkdir(join(secrets, 'keys'))
    await symlink(elsewhere, join(secrets, 'linked'))
    await symlink(secrets, join(elsewhere, 'circle'))
    await checkSecrets(secrets)
    await writeFile(join(secrets, name), '# created\nAGE-SECRET-KEY-1X\n')
    await expect(checkSecrets(secrets)).rejects.toThrow('identity opens the backups')
  },
)

it('refuses a link that leads nowhere, and a vault without its key', async () => {
  const { secrets, elsewhere } = await newFolders()
  await expect(checkSecrets(secrets)).rejects.toThrow('has no vault_key')
  await writeFile(join(secrets, 'vault_key'), '\n')
  await expect(checkSecrets(secrets)).rejects.toThrow('or an empty one')
  await symlink(join(elsewhere, 'nothing'), join(secrets, 'redis_acl'))
  await expect(checkSecrets(secrets)).rejects.toThrow('redis_acl')
})
