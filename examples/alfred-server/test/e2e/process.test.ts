import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type FakeProvider,
  type PostgresService,
  type Receiver,
  startFakeOpenAi,
  startPostgres,
  startReceiver,
  waitFor,
} from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
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

const dsnOf = ({ url }: Receiver): string => `${url.replace('//', '//0123456789abcdef@')}/42`

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

it('logs one line for a request, and counts the conversation as active', async () => {
  await using alfred = await startAlfred({ env: { ...env(), LOG_FORMAT: 'json' } })
  const answered = await postChat(alfred.url, { message: 'a private question' })
  const { sessionId } = z.object({ sessionId: z.uuid() }).parse(await answered.json())
  const line = await waitFor(() => /^.*"msg":"request".*$/m.exec(alfred.output())?.[0])
  expect(JSON.parse(line)).toEqual({
    level: 30,
    time: expect.any(String) as string,
    msg: 'request',
    method: 'POST',
    route: '/api/alfred/chat',
    status: 200,
    ms: expect.any(Number) as number,
    client: '127.0.0.0/24',
    requestId: answered.headers.get('x-request-id'),
  })
  expect(alfred.output()).not.toContain(sessionId)
  expect(alfred.output()).not.toContain('private')
  expect(await (await fetch(`${alfred.url}/metrics`)).text()).toMatch(/^alfred_active_sessions 1$/m)
})

it('tells the error tracker which conversation failed, and whose it was without naming them', async () => {
  await using tracker = await startReceiver()
  await using provider = await startFakeOpenAi({ answer: 'one two' })
  await using alfred = await startAlfred({
    env: { ...env(), OPENAI_BASE_URL: provider.baseUrl, SENTRY_DSN: dsnOf(tracker) },
  })
  provider.failNext({ status: 500 })
  const failed = await postChat(alfred.url, { message: 'hi' })
  expect(failed.status).toBe(503)
  const guest = /alfred_guest=([\w-]+)/.exec(failed.headers.getSetCookie()[0] ?? '')?.[1] ?? ''
  const report = await waitFor(
    () => tracker.requests.find(({ body }) => body.includes('"conversation"'))?.body,
  )
  expect(report).toMatch(/"conversation":"[\da-f-]{36}","owner":"[\da-f]{16}"/)
  expect(report).not.toContain(guest)
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

it('reports an error that nobody caught, lets answers finish and exits with 1', async () => {
  await using tracker = await startReceiver()
  const breaks =
    "process.on('SIGUSR2',()=>{setImmediate(()=>{throw%20new%20Error('nobody%20caught%20this')})})"
  await using alfred = await startAlfred({
    env: {
      ...env(),
      NODE_OPTIONS: `--import=data:text/javascript,${breaks}`,
      SENTRY_DSN: dsnOf(tracker),
    },
  })
  const events = readEvents(await streamChat(alfred.url, { message: 'hi' }))
  expect(await events.next()).toMatchObject({ value: { event: 'start' } })
  alfred.child.kill('SIGUSR2')
  expect((await Array.fromAsync(events)).at(-1)).toMatchObject({ event: 'done' })
  expect(await alfred.exited).toEqual({ code: 1, signal: null })
  expect(alfred.output()).toContain('drain finished')
  expect(tracker.requests.map(({ body }) => body).join('\n')).toContain('nobody caught this')
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
