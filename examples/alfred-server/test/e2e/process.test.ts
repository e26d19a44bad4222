import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type FakeProvider,
  type PostgresService,
  startFakeOpenAi,
  startPostgres,
  waitFor,
} from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { spawnAlfred, startAlfred, waitForReadiness } from './alfred-process.ts'
import { postChat, streamChat } from './client.ts'
import { readEvents } from './read-events.ts'

const migrateCommand = fileURLToPath(new URL('../../src/migrate.ts', import.meta.url))

let postgres: PostgresService
let openai: FakeProvider
beforeAll(async () => {
  ;[postgres, openai] = await Promise.all([startPostgres(), startFakeOpenAi({ answer: 'one two three' })])
})
afterAll(async () => {
  await Promise.all([postgres.stop(), openai.close()])
})

const env = () => ({
  DATABASE_URL: postgres.url,
  OPENAI_API_KEY: 'sk-test',
  OPENAI_BASE_URL: openai.baseUrl,
})

it('says in one line that the port is in use, and exits with 1', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await using alfred = await spawnAlfred({ port, env: env() })
  expect(await alfred.exited).toEqual({ code: 1, signal: null })
  expect(alfred.output().trimEnd().split('\n')).toEqual([
    `Port ${String(port)} of 127.0.0.1 is in use. Choose another one: PORT=${String(port + 1)}`,
  ])
  other.close()
})

it('names every setting that it cannot use, and exits with 1', async () => {
  await using alfred = await spawnAlfred({
    env: { PORT: 'http', REDIS_URL: 'localhost', OPENAI_API_KEY_FILE: '/none' },
  })
  expect(await alfred.exited).toEqual({ code: 1, signal: null })
  const output = alfred.output()
  expect(output).toContain('The configuration has 3 problems:')
  for (const name of ['PORT', 'REDIS_URL', 'OPENAI_API_KEY_FILE']) expect(output).toContain(`  ${name}: `)
  expect(output).not.toContain('    at ')
})

it('reads .env, below the environment, and refuses names that nobody reads', async () => {
  await using alfred = await spawnAlfred({
    envFile: 'CLIENT_API_KEY=required\nLOG_LEVEL=nonsense\n',
    env: { OPENAI_KEY: 'sk-canary' },
  })
  expect(await alfred.exited).toEqual({ code: 1, signal: null })
  expect(alfred.output()).toContain('The configuration has 2 problems:')
  expect(alfred.output()).toContain('Did you mean "CLIENT_API_KEYS"?')
  expect(alfred.output()).not.toMatch(/canary|nonsense/)
})

it('leaves migrations to their command in production, where it logs JSON lines', async () => {
  const production = { ...env(), NODE_ENV: 'production' }
  await using alfred = await spawnAlfred({ env: production })
  await waitForReadiness(alfred, 503)
  await waitFor(() => alfred.output().includes('in the image \\"node dist/migrate.js\\"'))
  await promisify(execFile)(process.execPath, ['--conditions=@alfred/source', migrateCommand], {
    env: { PATH: process.env['PATH'], ...production },
  })
  await waitForReadiness(alfred, 200)
  await waitFor(() => alfred.output().includes('Alfred is listening'))
  const lines = alfred
    .output()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.find(({ msg }) => msg === 'Alfred is listening')).toMatchObject({ level: 30, url: alfred.url })
})

it('answers the first question of a cold start, and never with 503', async () => {
  await using alfred = await spawnAlfred({ env: { MAX_EVENT_LOOP_DELAY_MS: '500' } })
  const response = await waitFor(() => postChat(alfred.url, { message: 'hi' }).catch(() => undefined), {
    timeoutMs: 60_000,
    intervalMs: 20,
    what: 'an answer',
  })
  expect(response.status).toBe(200)
})

it('finishes the answers that have begun before it exits on SIGTERM', async () => {
  await using alfred = await startAlfred({ env: env() })
  const response = await streamChat(alfred.url, { message: 'hi' })
  const events = readEvents(response)
  expect(await events.next()).toMatchObject({ value: { event: 'start' } })
  alfred.child.kill('SIGTERM')
  const rest = await Array.fromAsync(events)
  expect(rest.at(-1)).toMatchObject({ event: 'done' })
  expect(await alfred.exited).toEqual({ code: 0, signal: null })
  expect(alfred.output()).toContain('drain finished')
})

it('exits at once on a second Ctrl-C', async () => {
  await using provider = await startFakeOpenAi({ answer: 'one two' })
  provider.failNext({ stallAfter: 1 })
  await using alfred = await startAlfred({ env: { ...env(), OPENAI_BASE_URL: provider.baseUrl } })
  const events = readEvents(await streamChat(alfred.url, { message: 'hi' }))
  expect(await events.next()).toMatchObject({ value: { event: 'start' } })
  alfred.child.kill('SIGINT')
  await waitFor(() => alfred.output().includes('drain started'))
  // Copies of one signal that come within 250 ms count once.
  const killing = setInterval(() => alfred.child.kill('SIGINT'), 300)
  expect(await alfred.exited).toEqual({ code: 130, signal: null })
  clearInterval(killing)
  await expect(Array.fromAsync(events)).rejects.toThrow()
})

it('keeps the provider key out of the vault file, the log and the answers', async () => {
  await using alfred = await startAlfred({
    env: { ...env(), OPENAI_API_KEY: 'sk-canary-4711', LOG_LEVEL: 'debug' },
  })
  openai.acceptKeys('sk-other')
  const refused = await postChat(alfred.url, { message: 'hi' })
  expect(refused.status).toBe(503)
  expect(await refused.text()).not.toContain('canary')
  openai.acceptKeys('sk-canary-4711')
  expect((await postChat(alfred.url, { message: 'hi' })).status).toBe(200)
  openai.acceptKeys()
  const vault = /encrypted file (\S+)/.exec(alfred.output())?.[1] ?? ''
  expect(await readFile(vault, 'utf8')).not.toContain('canary')
  expect(alfred.output()).not.toContain('canary')
})

it('shows the checks and the status page to whoever has the token, and nobody else', async () => {
  const token = 'a-token-of-the-operators'
  await using alfred = await startAlfred({ env: { METRICS_TOKEN: token } })
  const ask = async (path: string, authorization?: string): Promise<string> => {
    const answer = await fetch(alfred.url + path, { headers: authorization ? { authorization } : {} })
    return `${String(answer.status)} ${await answer.text()}`
  }
  expect(await ask('/healthz')).toBe('200 {"status":"pass"}')
  expect(await ask('/healthz', `Bearer ${token}x`)).toBe('200 {"status":"pass"}')
  expect(await ask('/healthz', `Bearer ${token}`)).toMatch(/^200 .*"storage/)
  expect(await ask('/status')).toMatch(/^404 /)
  expect(await ask('/status', `Bearer ${token}`)).toMatch(/^200 <!doctype html>/i)
})
