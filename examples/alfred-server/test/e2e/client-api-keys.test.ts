import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startFakeOpenAi, startPostgres, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { startAlfred } from './alfred-process.ts'
import { postChat, problem } from './client.ts'

const cli = fileURLToPath(new URL('../../../../packages/prod-security/src/cli/main.ts', import.meta.url))

/** `pollMs` and `deadlineMs`: what a revocation takes at the longest. */
const revocationBoundMs = 6000

/** Runs `alfred-security` as an operator does. */
const runCommand = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, ['--conditions=@alfred/source', cli, ...args])

/** Gives what it prints. */
const runCli = async (...args: readonly string[]): Promise<string> => (await runCommand(...args)).stdout

const issued = z.looseObject({ id: z.string(), secret: z.string() })

/** Where the keys are, as flags of the CLI. */
interface Place {
  readonly store: string
  readonly keyFile: string
  readonly audit: string
}

const clientKeysCli = ({ store, keyFile, audit }: Place) => {
  const flags = ['--store', store, '--key-file', keyFile, '--audit', audit]
  return {
    create: async (...scopes: readonly string[]) => {
      const granted = scopes.flatMap((scope) => ['--scope', scope])
      const out = await runCli('client-keys', 'create', '--json', '--name', 'test', ...granted, ...flags)
      return issued.parse(JSON.parse(out))
    },
    revoke: (id: string) => runCli('client-keys', 'revoke', id, ...flags),
  }
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** The status, and what the problem is, of an answer. */
async function outcome(answer: Response | Promise<Response>): Promise<string> {
  const response = await answer
  if (response.ok) return String(response.status)
  return `${String(response.status)} ${problem.parse(await response.json()).type}`
}

const missing = '401 urn:alfred:problem:client-key-missing'
const invalid = '401 urn:alfred:problem:client-key-invalid'
const lacksScope = '403 urn:alfred:problem:client-key-scope'

/** Waits until a key is refused, and gives how long that took in ms. */
async function refusedAfter(url: string, secret: string): Promise<number> {
  const from = performance.now()
  const ask = () => outcome(fetch(`${url}/api/alfred/providers`, { headers: bearer(secret) }))
  await waitFor(async () => (await ask()) === invalid, { timeoutMs: 30_000, intervalMs: 100 })
  return performance.now() - from
}

it('lets only clients with a key in when keys are required, and into what its scopes allow', async () => {
  await using alfred = await startAlfred({ env: { CLIENT_API_KEYS: 'required' } })
  const { url, dataFolder } = alfred
  expect(alfred.output()).toContain(`required, in ${join(dataFolder, 'client-keys')}`)
  const vault = join(dataFolder, 'keys.vault')
  const keyFile = join(dataFolder, 'vault.key')
  const keys = clientKeysCli({ store: join(dataFolder, 'client-keys'), keyFile, audit: vault })
  const [chat, reader] = await Promise.all([
    keys.create('chat:write', 'chat:read', 'templates:write'),
    keys.create('templates:read'),
  ])
  const get = (path: string, key?: { readonly secret: string }) =>
    outcome(fetch(`${url}/api/alfred${path}`, { headers: key ? bearer(key.secret) : {} }))

  expect(await outcome(postChat(url, { message: 'hi' }))).toBe(missing)
  expect(await get('/templates')).toBe(missing)
  expect(await get('/no-such-route')).toBe(missing)
  expect((await fetch(url)).status).toBe(200)

  const answer = await postChat(url, { message: 'hi' }, bearer(chat.secret))
  expect(answer.status).toBe(200)
  const { sessionId } = z.looseObject({ sessionId: z.uuid() }).parse(await answer.json())
  expect(await get(`/sessions/${sessionId}/messages`, chat)).toBe('200')
  expect(await get('/templates', chat)).toBe(lacksScope)

  expect(await get('/templates', reader)).toBe('200')
  expect(await get('/providers', reader)).toBe('200')
  expect(await get(`/sessions/${sessionId}/messages`, reader)).toBe(lacksScope)
  expect(await outcome(postChat(url, { message: 'hi' }, { 'x-api-key': reader.secret }))).toBe(lacksScope)
  const newTemplate = (secret: string) =>
    outcome(
      fetch(`${url}/api/alfred/templates`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer(secret) },
        body: JSON.stringify({ name: 'greeting', content: 'Hello' }),
      }),
    )
  expect(await newTemplate(reader.secret)).toBe(lacksScope)
  expect(await newTemplate(chat.secret)).toBe('201')

  await keys.revoke(chat.id)
  expect(await refusedAfter(url, chat.secret)).toBeLessThan(revocationBoundMs)
  expect(await get('/providers', reader)).toBe('200')

  const trail = await runCli('keys', 'audit', '--store', vault, '--key-file', keyFile)
  expect(trail).toContain('client-key.create')
  expect(trail).toContain('client-key.revoke')
  for (const { secret } of [chat, reader]) expect(trail + alfred.output()).not.toContain(secret)
})

it('lets the page in without a key when keys are optional, and no key do more than it may', async () => {
  await using alfred = await startAlfred({ env: { CLIENT_API_KEYS: 'optional' } })
  const { url, dataFolder } = alfred
  const keys = clientKeysCli({
    store: join(dataFolder, 'client-keys'),
    keyFile: join(dataFolder, 'vault.key'),
    audit: join(dataFolder, 'keys.vault'),
  })
  const reader = await keys.create('templates:read')
  expect(await outcome(postChat(url, { message: 'hi' }, { origin: url }))).toBe('200')
  expect(await outcome(postChat(url, { message: 'hi' }, bearer(reader.secret)))).toBe(lacksScope)
  expect(await outcome(postChat(url, { message: 'hi' }, bearer('alf_live_wrong')))).toBe(invalid)
})

it(
  'shares the keys of all instances in PostgreSQL, and a revocation and a rotation with them',
  { timeout: 120_000 },
  async () => {
    await using postgres = await startPostgres()
    await using openai = await startFakeOpenAi({ apiKeys: ['sk-first'] })
    const folder = await mkdtemp(join(tmpdir(), 'alfred-keys-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const keyFile = join(folder, 'vault.key')
    await writeFile(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 })
    const env = {
      CLIENT_API_KEYS: 'required',
      DATABASE_URL: postgres.url,
      VAULT_KEY_FILE: keyFile,
      OPENAI_API_KEY: 'sk-first',
      OPENAI_BASE_URL: openai.baseUrl,
    }
    await using first = await startAlfred({ env })
    await using second = await startAlfred({ env })
    expect(second.output()).toMatch(/required, in PostgreSQL at 127\.0\.0\.1/)

    const keys = clientKeysCli({ store: postgres.url, keyFile, audit: postgres.url })
    const { id, secret } = await keys.create('chat:write')
    for (const { url } of [first, second]) {
      expect(await outcome(postChat(url, { message: 'hi' }))).toBe(missing)
      expect(await outcome(postChat(url, { message: 'hi' }, bearer(secret)))).toBe('200')
    }

    // The provider's key is in the same database: one command changes it for both.
    const added = runCommand('keys', 'add', 'openai', '--store', postgres.url, '--key-file', keyFile)
    added.child.stdin?.end('sk-second\n')
    expect((await added).stdout).toBe('openai version 2 is current.\n')
    openai.acceptKeys('sk-second')
    for (const { url } of [first, second]) {
      await waitFor(async () => (await outcome(postChat(url, { message: 'hi' }, bearer(secret)))) === '200', {
        timeoutMs: 15_000,
        intervalMs: 200,
      })
    }

    await keys.revoke(id)
    const waits = await Promise.all([refusedAfter(first.url, secret), refusedAfter(second.url, secret)])
    for (const wait of waits) expect(wait).toBeLessThan(revocationBoundMs)
  },
)
