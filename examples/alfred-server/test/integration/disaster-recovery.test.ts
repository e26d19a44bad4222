import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, waitFor } from '@alfred/testkit'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { startBackupMachine } from '../backup/backup-machine.ts'
import { askEdge } from '../edge/ask-edge.ts'
import { startMachine } from '../rollout/machine.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../../../../', import.meta.url))
const script = join(repository, 'scripts/disaster-recovery.sh')

/** In the place of docker: it runs what would run in the container of Redis here, with a folder for `/data`. */
const docker = (folder: string): string => `#!/bin/bash
echo "docker $*" >> '${folder}/called'
for last; do true; done
case "$*" in *'--entrypoint sh redis'*) exec bash -c "\${last//\\/data/${folder}/data}" ;; esac
`

it(
  'brings an empty machine to the served app, by the commands of the runbook',
  { timeout: 180_000 },
  async () => {
    await using lost = await startBackupMachine()
    await lost.query('INSERT INTO sessions SELECT gen_random_uuid() FROM generate_series(1, 100)')
    const redis = new Redis(lost.redis.url)
    await redis.set('budget', '12')
    redis.disconnect()
    expect(await lost.script('backup-database.sh')).toMatchObject({ code: 0 })
    // Everything but the storage is gone. The server is another one that has the roles and nothing else.
    await lost.query('DROP DATABASE alfred WITH (FORCE)', 'postgres')

    await using machine = await startMachine({ settings: { ALFRED_QUIET_MS: '0' } })
    const folder = await mkdtemp(join(tmpdir(), 'alfred-recovery-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const secrets = join(folder, 'secrets')
    await machine.addRelease('1.4.2')
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'docker'), docker(folder), { mode: 0o755 })
    await copyFile(join(lost.secretsFolder, 'backup_storage_credentials'), join(folder, 'credentials'))
    const identityFile = join(folder, 'identity')
    await copyFile(lost.identityFile, identityFile)
    const env = {
      ...process.env,
      PATH: `${folder}:${lost.path}`,
      ALFRED_NODE: process.execPath,
      ALFRED_SECRETS: secrets,
      ALFRED_BACKUP_STORAGE: `${lost.storage.url}/alfred`,
      ALFRED_BACKUP_STORAGE_CREDENTIALS_FILE: join(folder, 'credentials'),
      ALFRED_BACKUP_IDENTITY_FILE: identityFile,
      ALFRED_BACKUP_DATABASE: lost.url('alfred_backup'),
      ALFRED_RESTORE_DATABASE: lost.url('postgres'),
    }
    const failed = run(script, ['latest', '--release', '0.0.1', '--settings', machine.settingsFile], { env })
    await expect(failed).rejects.toThrow('✗ start 0.0.1')
    const settings = `--settings '${machine.settingsFile}'`
    const runbook = await readFile(join(repository, 'docs/runbooks/disaster-recovery.md'), 'utf8')
    const commands = [...runbook.matchAll(/^```sh\n([^]*?)^```$/gm)]
      .map(([, block = '']) => block)
      .join('')
      .replace('recovery.sh latest', `recovery.sh latest --release 1.4.2 ${settings}`)
      .replace('health-check.sh', `health-check.sh ${settings}`)
      .replace('backup-database.sh', `backup-database.sh ${settings}`)
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: repository, env })
    expect(stdout).not.toContain('made ')
    expect(await readFile(join(folder, 'called'), 'utf8')).toMatch(/ down$/m)

    expect((await askEdge(machine.edge, '/work')).body).toBe('1.4.2 0')
    expect(await lost.query('SELECT count(*)::int FROM sessions')).toEqual([{ count: 100 }])
    const keyOf = (of: string): Promise<string> => readFile(join(of, 'vault_key'), 'utf8')
    expect(await keyOf(secrets)).toBe(await keyOf(lost.secretsFolder))
    expect(await readBudget(join(folder, 'data'))).toBe('12')
    await expect(readFile(identityFile)).rejects.toThrow('ENOENT')
    const again = run(script, ['latest', '--settings', machine.settingsFile], { env })
    await expect(again).rejects.toThrow('This machine has secrets or has served')
  },
)

/** Starts a Redis as the compose file does, on the restored folder. */
async function readBudget(folder: string): Promise<string | null> {
  await chmod(folder, 0o755)
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes']
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  onTestFinished(async () => {
    server.kill('SIGKILL')
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  })
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => undefined)
  try {
    await waitFor(async () => (await client.ping()).length > 0, { timeoutMs: 10_000, what: 'Redis' })
    return await client.get('budget')
  } finally {
    client.disconnect()
  }
}
