import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const main = fileURLToPath(new URL('main.ts', import.meta.url))

it('is refused for an environment without settings, such as a mistyped one', async () => {
  const env = { ...process.env, ALFRED_BACKUP_STORAGE: 'http://127.0.0.1:9/bucket/alfred' }
  await expect(run(process.execPath, [main, 'backup', 'stagign'], { env })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/The settings in \S+\/stagign\.env cannot be read: .*ENOENT/) as string,
  })
})

it('removes the scratch server also when it did not become ready', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-verify-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const docker = `#!/bin/sh\necho "$*" >> '${folder}/called'\ncase "$*" in *' up '*) exit 1 ;; esac\n`
  await writeFile(join(folder, 'docker'), docker, { mode: 0o755 })
  await writeFile(join(folder, 'backup_storage_credentials'), 'access:secret')
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    ALFRED_STATE: folder,
    ALFRED_SECRETS: folder,
    ALFRED_BACKUP_STORAGE: 'http://127.0.0.1:9/bucket/alfred',
  }
  await expect(run(process.execPath, [main, 'verify'], { env })).rejects.toMatchObject({ code: 1 })
  expect(await readFile(join(folder, 'called'), 'utf8')).toMatch(
    / up --detach --wait postgres-scratch\n.* rm --stop --force --volumes postgres-scratch\n$/,
  )
})
