import { execFile } from 'node:child_process'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { backupFaults } from '../backup/backup-faults.ts'
import { type BackupMachine, startBackupMachine } from '../backup/backup-machine.ts'

const run = promisify(execFile)

let machine: BackupMachine
beforeAll(async () => {
  machine = await startBackupMachine()
  await machine.query(`INSERT INTO sessions SELECT gen_random_uuid() FROM generate_series(1, 500);
INSERT INTO messages (id, session_id, role, content)
  SELECT gen_random_uuid(), id, 'user', 'a "quoted" \\ line' || chr(10) || chr(8364) FROM sessions`)
  const redis = new Redis(machine.redis.url)
  await redis.set('budget', '12')
  redis.disconnect()
})
afterAll(() => machine[Symbol.asyncDispose]())

const metrics = (): Promise<string> =>
  readFile(join(machine.stateFolder, 'edge/backups/metrics.prom'), 'utf8')
const countMessages = async (): Promise<unknown> =>
  (await machine.query('SELECT count(*)::int FROM messages'))[0]

it('saves, is restored elsewhere with every row, and replaces the database in use', async () => {
  const made = await machine.script('backup-database.sh')
  expect(made.stderr).not.toContain('✗')
  expect(made.code).toBe(0)
  const id = made.stdout.trim()
  expect([...machine.storage.objects.keys()]).toEqual(
    ['database.age', 'redis.age', 'secrets.age', 'manifest.json'].map((name) => `alfred/${id}/${name}`),
  )
  expect(await metrics()).toMatch(/^alfred_backup_succeeded\{name="database"\} 1$/m)
  expect(await metrics()).not.toContain('verified')

  // The app's own stand-in: what a smoke program finds.
  const smoke = join(machine.folder, 'smoke')
  await writeFile(
    smoke,
    `#!/bin/sh
psql -X -A -t -d "$ALFRED_RESTORED_DATABASE" -c 'SELECT count(*) FROM messages' > '${machine.folder}/smoked'
cmp "$ALFRED_RESTORED_SECRETS/vault_key" '${machine.secretsFolder}/vault_key'
`,
    { mode: 0o755 },
  )
  const verified = await machine.script('restore-verify.sh', [], { ALFRED_RESTORE_SMOKE: smoke })
  expect(verified.stderr).not.toContain('✗')
  expect(verified.code).toBe(0)
  expect(await readFile(join(machine.folder, 'smoked'), 'utf8')).toBe('500\n')

  await machine.query('DELETE FROM messages')
  const refused = await machine.script('restore-database.sh', ['latest'])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('--replace keeps it under another name')
  expect(await countMessages()).toEqual({ count: 0 })
  const restored = await machine.script('restore-database.sh', [id, '--replace'])
  expect(restored.stderr).not.toContain('✗')
  expect(restored.code).toBe(0)
  expect(await countMessages()).toEqual({ count: 500 })
  const [{ datname } = {}] = await machine.query(
    "SELECT datname FROM pg_database WHERE datname LIKE 'alfred%before%'",
  )
  expect(restored.stderr).toContain(`The database of before is ${String(datname)}`)
  // The roles have what they had.
  expect(
    await machine.query("SELECT has_table_privilege('alfred_app', 'messages', 'INSERT') AS app"),
  ).toEqual([{ app: true }])
  expect(
    await machine.query("SELECT has_table_privilege('alfred_backup', 'messages', 'INSERT') AS app"),
  ).toEqual([{ app: false }])
})

it('shows in the metrics of the next backup that one was restored', async () => {
  expect((await machine.script('backup-database.sh')).code).toBe(0)
  expect(await metrics()).toMatch(
    /^alfred_backup_last_verified_timestamp_seconds\{name="database"\} \d{10}$/m,
  )
})

it('shows no secret, in the storage or in the progress', async () => {
  const [{ stdout, stderr }, credentials] = [
    await machine.script('backup-driver.sh', ['list']),
    await readFile(join(machine.secretsFolder, 'postgres_password'), 'latin1'),
  ]
  expect(JSON.parse(stdout)).toHaveLength(2)
  for (const content of machine.storage.objects.values()) {
    expect(content.includes(credentials.trim())).toBe(false)
    expect(content.includes('quoted')).toBe(false)
  }
  expect(stderr + stdout).not.toContain(machine.storage.secretKey)
})

it('is refused where the key that opens backups is kept beside what it opens', async () => {
  const { stdout } = await run('age-keygen', [], { env: { PATH: machine.path } })
  await writeFile(join(machine.secretsFolder, 'key'), stdout)
  const { code, stderr } = await machine.script('backup-database.sh')
  await writeFile(join(machine.secretsFolder, 'key'), '')
  expect(code).toBe(1)
  expect(stderr).toContain('key opens the backups: keep that key on another machine')
})

it.each(backupFaults)('$noticedBy fails when $what', async ({ message, noticedBy, run: fail }) => {
  const { code, stderr } = await fail(machine)
  expect(stderr).toMatch(message)
  expect(code).not.toBe(0)
  const isKilled = code === null
  if (noticedBy === 'backup' && !isKilled) {
    expect(await metrics()).toMatch(/^alfred_backup_succeeded\{name="database"\} 0$/m)
  }
})

it('names the new backup also when old ones cannot be removed', async () => {
  const old = 'alfred/20200101T000000Z/database.age'
  machine.storage.objects.set(old, Buffer.from('never finished'))
  machine.storage.faults.add('refuse delete')
  const { code, stdout, stderr } = await machine.script('backup-database.sh')
  machine.storage.faults.delete('refuse delete')
  machine.storage.objects.delete(old)
  expect(code).toBe(0)
  expect([...machine.storage.objects.keys()]).toContain(`alfred/${stdout.trim()}/manifest.json`)
  expect(stderr).toContain('old ones were not removed')
  expect(await metrics()).toMatch(/^alfred_backup_succeeded\{name="database"\} 0$/m)
})

it('says why there is no new backup also when the metrics cannot be written', async () => {
  const edge = join(machine.stateFolder, 'edge')
  await rename(edge, `${edge}-of-before`)
  await writeFile(edge, 'no folder')
  machine.storage.faults.add('refuse')
  const refused = await machine.script('backup-database.sh')
  machine.storage.faults.delete('refuse')
  const made = await machine.script('backup-database.sh')
  await rm(edge)
  await rename(`${edge}-of-before`, edge)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('The metrics were not written')
  expect(refused.stderr).toContain('507 InsufficientStorage')
  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^\d{8}T\d{6}Z\n$/)
})

it('has a good backup after all of that, and makes the next one', async () => {
  expect(await machine.script('restore-verify.sh')).toMatchObject({ code: 0 })
  expect(await machine.script('backup-database.sh')).toMatchObject({ code: 0 })
  expect(await metrics()).toMatch(/^alfred_backup_succeeded\{name="database"\} 1$/m)
})
