import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startBackupMachine } from '../backup/backup-machine.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../../', import.meta.url))

const blocksOf = (text: string): readonly string[] =>
  [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block)

it('has only commands that work, in their order', { timeout: 120_000 }, async () => {
  await using machine = await startBackupMachine()
  await machine.query('INSERT INTO sessions SELECT gen_random_uuid() FROM generate_series(1, 100)')
  const folder = await mkdtemp(join(tmpdir(), 'alfred-guide-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'etc/hooks'), { recursive: true })
  // What needs a container engine is written down.
  const docker = `#!/bin/sh\necho "$*" >> '${folder}/called'\n`
  await writeFile(join(folder, 'docker'), docker, { mode: 0o755 })
  const guide = await readFile(join(repository, 'docs/guides/backups.md'), 'utf8')
  const script = blocksOf(guide)
    .join('\n')
    .replaceAll('/etc/alfred/secrets', machine.secretsFolder)
    .replaceAll('/etc/alfred/hooks', join(folder, 'etc/hooks'))
    .replaceAll('/opt/alfred', repository)
    .replaceAll('alfred-backup-identity', join(folder, 'alfred-backup-identity'))
    .replaceAll('> backup_recipients', `> '${folder}/backup_recipients'`)
    .replaceAll('444 backup_recipients', `444 '${folder}/backup_recipients'`)
  const env = {
    ...machine.env,
    PATH: `${folder}:${machine.path}`,
    ALFRED_BACKUP_IDENTITY_FILE: join(folder, 'alfred-backup-identity'),
    ACCESS_KEY: machine.storage.accessKey,
    SECRET_KEY: machine.storage.secretKey,
  }
  await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: repository, env })

  const id = [...machine.storage.objects.keys()][0]?.split('/')[1] ?? ''
  expect(machine.storage.objects.get(`alfred/${id}/verification.json`)?.toString()).toContain('"verified"')
  const { stdout } = await run(join(folder, 'etc/hooks/backup'), [], { env })
  expect(stdout.trim()).not.toBe(id)
  const called = await readFile(join(folder, 'called'), 'utf8')
  expect(called).toContain('pgbackrest --stanza=alfred stanza-create')
  expect(called).toContain('--target=2026-12-01 09:41:00+00')
})
