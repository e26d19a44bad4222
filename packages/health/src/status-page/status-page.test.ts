import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { Script } from 'node:vm'
import { createFakeClock, listening, passTime, waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { createHealth } from '../health.ts'
import type { HealthOptions } from '../health-options.ts'
import { pageScript } from './page-script.ts'

async function setUp(options: HealthOptions) {
  const clock = createFakeClock()
  const health = createHealth({ clock, jitter: 0, ...options })
  const served = await listening((request, response) => {
    health.middleware(request, response, () => response.writeHead(404).end())
  })
  onTestFinished(async () => {
    await health.close()
    await served[Symbol.asyncDispose]()
  })
  await passTime(clock, 1)
  return { clock, health, url: served.url }
}

interface State {
  readonly draining: boolean
  readonly overall: { readonly status: string; readonly slots: string }
  readonly checks: readonly { readonly name: string; readonly status: string; readonly slots: string }[]
  readonly changes: readonly { readonly check: string; readonly from: string; readonly to: string }[]
}

/** Reads a stream's states as they come. */
async function subscribe(url: string) {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  const states: State[] = []
  let rest = ''
  let ended = false
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: ')) states.push(JSON.parse(line.slice(6)) as State)
  })
  response.on('end', () => (ended = true))
  return { response, states, hasEnded: () => ended }
}

const statusPage = { path: '/status', access: 'always' } as const

it.each<[string, HealthOptions, number]>([
  ['is not there by default', { details: 'always' }, 404],
  ['is seen by nobody where details are', { statusPage: { path: '/status' } }, 404],
  ['is seen by whom details are', { details: 'always', statusPage: { path: '/status' } }, 200],
  ['has its own access', { details: 'always', statusPage: { path: '/status', access: 'never' } }, 404],
  [
    'asks who comes',
    { statusPage: { path: '/status', access: (request) => request.headers.cookie === 'a=b' } },
    200,
  ],
  [
    'is seen by nobody when the question throws',
    {
      statusPage: {
        path: '/status',
        access: () => {
          throw new Error('no')
        },
      },
    },
    404,
  ],
])('%s', async (_name, options, status) => {
  const { url } = await setUp(options)
  for (const path of ['/status', '/status/events']) {
    const abort = new AbortController()
    const response = await fetch(url + path, { headers: { Cookie: 'a=b' }, signal: abort.signal })
    expect(response.status).toBe(status)
    abort.abort()
  }
})

it('allows its own style and script and nothing else', async () => {
  const { url } = await setUp({ statusPage })
  const response = await fetch(`${url}/status`)
  const policy = response.headers.get('content-security-policy') ?? ''
  const html = await response.text()
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  for (const [, tag = '', inline = ''] of html.matchAll(/<(script|style)>([\s\S]*?)<\/\1>/g)) {
    const hash = createHash('sha256').update(inline).digest('base64')
    expect(policy).toContain(`${tag}-src 'sha256-${hash}'`)
  }
  expect(html).not.toMatch(/ style=| on\w+=|https?:/)
  expect(new Script(pageScript)).toBeInstanceOf(Script)
  expect((await fetch(`${url}/status`, { method: 'HEAD' })).headers.get('content-type')).toContain(
    'text/html',
  )
  expect((await fetch(`${url}/status`, { method: 'POST' })).status).toBe(405)
})

it('streams what the checks find, not more often than once a second', async () => {
  let status: 'pass' | 'fail' = 'pass'
  const { clock, url } = await setUp({
    statusPage,
    checks: [{ name: 'db', intervalMs: 100, failAfter: 1, check: () => Promise.resolve({ status }) }],
  })
  const { states } = await subscribe(`${url}/status/events`)
  await waitFor(() => states.length === 1)
  expect(states[0]).toMatchObject({
    draining: false,
    overall: { status: 'pass' },
    checks: [{ name: 'db', status: 'pass' }],
    changes: [{ check: 'db', from: 'pending', to: 'pass' }],
  })
  status = 'fail'
  await passTime(clock, 1100)
  await waitFor(() => states.length === 2)
  expect(states[1]?.checks[0]?.slots.endsWith('f')).toBe(true)
  expect(states[1]?.changes).toMatchObject([
    { from: 'pass', to: 'fail' },
    { from: 'pending', to: 'pass' },
  ])
})

it('does not hold a drain', async () => {
  const { health, url } = await setUp({ statusPage })
  const before = await subscribe(`${url}/status/events`)
  await waitFor(() => before.states.length === 1)
  health.setDraining(true)
  await waitFor(before.hasEnded)
  expect(before.states.at(-1)).toMatchObject({ draining: true })
  const during = await subscribe(`${url}/status/events`)
  await waitFor(during.hasEnded)
  expect(during.states).toMatchObject([{ draining: true }])
})

it('has room for fifty readers', async () => {
  const { url } = await setUp({ statusPage })
  const readers = await Promise.all(Array.from({ length: 50 }, () => subscribe(`${url}/status/events`)))
  const refused = await fetch(`${url}/status/events`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10'])
  readers[0]?.response.destroy()
  await waitFor(async () => {
    const { response } = await subscribe(`${url}/status/events`)
    return response.statusCode === 200
  })
})

it.each<[string, unknown, string]>([
  ['a path of a probe', { path: '/healthz' }, 'health.statusPage.path: must differ from health.paths.health'],
  ['no path', {}, 'health.statusPage.path: is required.'],
  ['true', true, 'health.statusPage: must be false or an object.'],
])('refuses %s', (_name, page, message) => {
  expect(() => createHealth({ statusPage: page as never })).toThrow(message)
})
