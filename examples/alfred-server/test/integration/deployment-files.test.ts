import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTestCertificate, freePort, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { writeNginxCommand } from '../edge/acme.ts'
import { shownSerial } from '../edge/ask-edge.ts'
import { startEchoApp } from '../edge/echo-app.ts'
import { deploymentFolder, startEdge, type TestEdge, testName } from '../edge/start-edge.ts'

const run = promisify(execFile)

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-files-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

it('makes secrets once, in a folder for root alone', async () => {
  const folder = join(await newFolder(), 'secrets')
  const make = (): Promise<unknown> => run(join(deploymentFolder, 'make-secrets.sh'), [folder])
  await make()
  const password = await readFile(join(folder, 'postgres_password'), 'utf8')
  await make()
  expect(await readFile(join(folder, 'postgres_password'), 'utf8')).toBe(password)
  expect(password.trim()).toMatch(/^[0-9a-f]{48}$/)
  expect(Buffer.from(await readFile(join(folder, 'vault_key'), 'utf8'), 'base64')).toHaveLength(32)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})

it('keeps no empty secret, made without openssl or found', async () => {
  const folder = await newFolder()
  const make = (changes: NodeJS.ProcessEnv): Promise<unknown> =>
    run(join(deploymentFolder, 'make-secrets.sh'), [join(folder, 'secrets')], {
      env: { ...process.env, ...changes },
    })
  await writeFile(join(folder, 'openssl'), '#!/bin/sh\nexit 127\n', { mode: 0o755 })
  const PATH = `${folder}:${process.env['PATH'] ?? ''}`
  await expect(make({ PATH })).rejects.toMatchObject({
    stdout: '',
    stderr: expect.stringContaining('could not be made: it needs openssl') as string,
  })
  await make({})
  const password = join(folder, 'secrets/redis_password')
  expect((await readFile(password, 'utf8')).trim()).toHaveLength(48)
  await rm(password)
  await writeFile(password, '')
  await expect(make({})).rejects.toThrow('redis_password is empty')
})

it('sets the password of every role from its secret, on no command line', async () => {
  const folder = await newFolder()
  // In the place of psql: it shows what it is given, and how.
  await writeFile(join(folder, 'psql'), '#!/bin/sh\necho "arguments: $*"\ncat\n', { mode: 0o755 })
  const env = {
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    POSTGRES_USER: 'alfred',
    POSTGRES_DB: 'alfred',
  }
  const { stdout } = await run(join(deploymentFolder, 'postgres/set-passwords.sh'), [], { env })
  const roles = ['migrator', 'app', 'readonly', 'exporter']
  expect(stdout.split('\n').slice(1, -2)).toEqual(
    roles.flatMap((role) => [
      `\\set password \`cat /run/secrets/postgres_${role}_password\``,
      `ALTER ROLE alfred_${role} PASSWORD :'password';`,
    ]),
  )
  expect(stdout).toContain('--username alfred --dbname alfred')
})

it('lets the app do its work in Redis, and neither empty nor configure it', async () => {
  const folder = await newFolder()
  await run(join(deploymentFolder, 'make-secrets.sh'), [folder])
  const port = String(await freePort())
  const args = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--aclfile',
    join(folder, 'redis_acl'),
  ]
  const redis = spawn('redis-server', args, { stdio: 'ignore' })
  onTestFinished(async () => {
    redis.kill('SIGKILL')
    await once(redis, 'exit')
  })
  const ask = async (user: string, secret: string, ...command: readonly string[]): Promise<string> => {
    const password = (await readFile(join(folder, secret), 'utf8')).trim()
    const login = ['-p', port, '--user', user, '--pass', password, '--no-auth-warning']
    return (await run('redis-cli', [...login, ...command])).stdout.trim()
  }
  const app = (...command: readonly string[]): Promise<string> => ask('alfred', 'redis_password', ...command)
  await waitFor(async () => (await app('PING')) === 'PONG', { timeoutMs: 10_000 })
  expect(await app('EVAL', 'return redis.call("SET", KEYS[1], "x")', '1', 'key')).toBe('OK')
  expect(await app('XADD', 'stream', '*', 'a', '1')).toMatch(/^\d+-\d+$/)
  expect(await app('INFO', 'server')).toContain('redis_version')
  for (const command of [['FLUSHALL'], ['CONFIG', 'SET', 'save', ''], ['ACL', 'LIST'], ['KEYS', '*']]) {
    expect(await app(...command)).toMatch(/^NOPERM/)
  }
  expect(await ask('exporter', 'redis_exporter_password', 'GET', 'key')).toMatch(/^NOPERM/)
  expect((await run('redis-cli', ['-p', port, 'PING'])).stdout).toMatch(/^NOAUTH/)
  expect(await ask('backup', 'redis_backup_password', 'GET', 'key')).toMatch(/^NOPERM/)
  const dump = join(folder, 'dump.rdb')
  await ask('backup', 'redis_backup_password', '--rdb', dump)
  expect(await readFile(dump, 'latin1')).toMatch(/^REDIS\d{4}[^]*\xff[^]{8}$/)
})

/** Runs the hook that puts a certificate in place. */
async function install(
  edge: TestEdge,
  chain: string,
  key: string,
): Promise<{ readonly failed: boolean; readonly said: string }> {
  const folder = await newFolder()
  await writeFile(join(folder, 'chain.pem'), chain)
  await writeFile(join(folder, 'key.pem'), key)
  const nginx = await writeNginxCommand(edge, folder)
  const script = join(deploymentFolder, 'ssl/install-certificate.sh')
  const env = { ...process.env, NGINX: nginx }
  return run(script, [edge.folder, join(folder, 'chain.pem'), join(folder, 'key.pem')], { env }).then(
    ({ stdout }) => ({ failed: false, said: stdout }),
    (error: unknown) => ({ failed: true, said: String(error) }),
  )
}

it('renews the certificate while requests go on, and keeps the old one when the new one does not fit', async () => {
  await using app = await startEchoApp()
  await using edge = await startEdge({ slotPorts: [app.port, app.port] })
  const current = (): Promise<string> => readlink(join(edge.folder, 'certificates/current'))
  const first = await shownSerial(edge)

  const renewed = await createTestCertificate([testName])
  expect(await install(edge, renewed.cert, renewed.key)).toMatchObject({ failed: false })
  await waitFor(async () => (await shownSerial({ ...edge, certificate: renewed.cert })) !== first, {
    timeoutMs: 10_000,
  })
  const serving = await current()

  const other = await createTestCertificate([testName])
  const mismatch = await install(edge, other.cert, renewed.key)
  expect(mismatch.failed).toBe(true)
  expect(mismatch.said).toContain('The key does not belong to the certificate')
  expect(await current()).toBe(serving)

  await writeFile(join(edge.folder, 'site/redirect.conf'), 'no such directive;\n')
  const untaken = await install(edge, other.cert, other.key)
  expect(untaken.failed).toBe(true)
  expect(untaken.said).toContain('The one before stays')
  expect(await current()).toBe(serving)
  expect(await shownSerial({ ...edge, certificate: renewed.cert })).not.toBe(first)
})

it('makes a certificate for the first start, and leaves one that is there', async () => {
  const folder = await newFolder()
  const make = (): Promise<{ stdout: string }> =>
    run(join(deploymentFolder, 'ssl/self-signed.sh'), [folder, 'a.test', 'b.test'])
  expect((await make()).stdout).toContain('a.test b.test')
  expect((await make()).stdout).toBe('')
  const { stdout } = await run('openssl', [
    'x509',
    '-in',
    join(folder, 'certificates/current/fullchain.pem'),
    '-noout',
    '-ext',
    'subjectAltName',
  ])
  expect(stdout).toContain('DNS:a.test, DNS:b.test')
})

it.each([
  ['the edge, its certificate and a lost slot', 'edge'],
  ['backups that fail, shrink or are missing', 'backups'],
  ['backups that nobody restores', 'backup-verification'],
])('alerts on %s, and is silent otherwise', async (_what, name) => {
  const cwd = join(deploymentFolder, 'monitoring')
  const { stdout } = await run('promtool', ['test', 'rules', `tests/${name}.test.yml`], { cwd })
  expect(stdout).toContain('SUCCESS')
})

it('has a configuration that Prometheus takes', async () => {
  const cwd = join(deploymentFolder, 'monitoring')
  const check = ['check', 'config', '--syntax-only', 'prometheus.production.yml']
  expect((await run('promtool', check, { cwd })).stdout).toContain('SUCCESS')
})
