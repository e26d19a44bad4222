import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noopLogger } from '@alfred/core'
import { type PostgresService, startPostgres } from '@alfred/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { type Alfred, createApp } from '../../src/app.ts'
import { readSettings } from '../../src/settings/settings.ts'

let postgres: PostgresService
let alfred: Alfred
let server: Server
let folder = ''

let api = ''

beforeAll(async () => {
  postgres = await startPostgres()
  folder = await mkdtemp(join(tmpdir(), 'alfred-owners-'))
  const settings = readSettings({
    DATABASE_URL: postgres.url,
    ALFRED_DATA_DIR: folder,
    TRUST_PROXY: 'loopback',
    MAX_EVENT_LOOP_DELAY_MS: '0',
  })
  alfred = createApp(settings, noopLogger)
  server = createServer(alfred.app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const origin = `http://127.0.0.1:${String(typeof address === 'object' && address ? address.port : 0)}`
  api = `${origin}/api/alfred`
  await alfred.start()
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await alfred.answers[Symbol.asyncDispose]()
  await alfred.guard.close()
  await alfred.database.close()
  await postgres.stop()
  await rm(folder, { recursive: true })
})

let addresses = 0

/** A browser with its cookie. */
function createGuest() {
  let cookie = ''
  return async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `203.0.113.${String(++addresses)}`,
        ...(cookie === '' ? {} : { cookie }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie
    return response
  }
}

type Guest = ReturnType<typeof createGuest>

const asked = z.object({ sessionId: z.uuid(), message: z.object({ id: z.uuid() }) })
const created = z.object({ id: z.uuid() })

/** What somebody has. */
async function fill(guest: Guest) {
  const { sessionId, message } = asked.parse(
    await (await guest('POST', '/chat', { message: 'mine, mine' })).json(),
  )
  const template = { name: 'mine', content: 'Hello {{name}}', placeholders: ['name'] }
  const { id } = created.parse(await (await guest('POST', '/templates', template)).json())
  return { sessionId, messageId: message.id, templateId: id }
}

type Things = Awaited<ReturnType<typeof fill>>

/** How each route is asked for something that belongs to another; `hidden` is what shows nothing of it. */
const attempts: Readonly<
  Record<string, { path(things: Things): string; body?(things: Things): unknown; hidden?: unknown }>
> = {
  'POST /chat': { path: () => '/chat', body: ({ sessionId }) => ({ message: 'hi', sessionId }) },
  'GET /messages/:id/events': { path: ({ messageId }) => `/messages/${messageId}/events` },
  'POST /messages/:id/stop': { path: ({ messageId }) => `/messages/${messageId}/stop` },
  'GET /sessions': { path: () => '/sessions?search=mine', hidden: { sessions: [] } },
  'GET /sessions/:id/messages': { path: ({ sessionId }) => `/sessions/${sessionId}/messages` },
  'GET /sessions/:id/export': { path: ({ sessionId }) => `/sessions/${sessionId}/export` },
  'PATCH /sessions/:id': { path: ({ sessionId }) => `/sessions/${sessionId}`, body: () => ({ title: 'x' }) },
  'DELETE /sessions/:id': { path: ({ sessionId }) => `/sessions/${sessionId}` },
  'GET /templates': { path: () => '/templates', hidden: { templates: [] } },
  'POST /templates': {
    path: () => '/templates',
    body: ({ templateId }) => ({ name: templateId, content: 'a' }),
    hidden: expect.objectContaining({ content: 'a' }),
  },
  'DELETE /templates/:id': { path: ({ templateId }) => `/templates/${templateId}` },
  'POST /templates/:id/render': {
    path: ({ templateId }) => `/templates/${templateId}/render`,
    body: () => ({ values: { name: 'x' } }),
  },
  'GET /usage': { path: () => '/usage', hidden: expect.objectContaining({}) },
  'GET /providers': { path: () => '/providers', hidden: { providers: ['demo'], demo: true } },
}

it('knows how to try every route of the API', () => {
  expect(alfred.routes.toSorted()).toEqual(Object.keys(attempts).toSorted())
})

it.each(Object.entries(attempts))('%s shows and changes nothing of another', async (route, attempt) => {
  const owner = createGuest()
  const things = await fill(owner)
  const [method = ''] = route.split(' ')
  const body = attempt.body?.(things)
  const stranger = createGuest()
  await fill(stranger)
  for (const other of [stranger, createGuest()]) {
    const response = await other(method, attempt.path(things), body)
    if ('hidden' in attempt && response.ok && route !== 'GET /sessions' && route !== 'GET /templates') {
      expect(await response.json()).toEqual(attempt.hidden)
    } else if ('hidden' in attempt) {
      expect(JSON.stringify(await response.json())).not.toContain(things.sessionId)
    } else {
      expect(response.status).toBe(404)
    }
  }
  // All is as it was.
  const { sessions } = z
    .object({ sessions: z.array(z.object({ id: z.uuid(), title: z.string() })) })
    .parse(await (await owner('GET', '/sessions')).json())
  expect(sessions).toEqual([{ id: things.sessionId, title: 'mine, mine' }])
  expect(
    (await owner('POST', `/templates/${things.templateId}/render`, { values: { name: 'x' } })).status,
  ).toBe(200)
})

it('lists, renames, exports and deletes what is ours, and refuses query members that it does not know', async () => {
  const guest = createGuest()
  const { sessionId, messageId } = await fill(guest)
  expect((await guest('PATCH', `/sessions/${sessionId}`, { title: 'Better' })).status).toBe(200)
  expect((await guest('GET', '/sessions?offset=3')).status).toBe(422)
  const markdown = await guest('GET', `/sessions/${sessionId}/export?format=markdown`)
  expect(markdown.headers.get('content-type')).toContain('text/markdown')
  expect(markdown.headers.get('content-disposition')).toContain('.md')
  expect(await markdown.text()).toMatch(/^# Better\n\n## You, .*\n\nmine, mine\n\n## Alfred \(demo, demo\)/)
  const json: unknown = await (await guest('GET', `/sessions/${sessionId}/export`)).json()
  expect(json).toMatchObject({ id: sessionId, title: 'Better', messages: [{ content: 'mine, mine' }, {}] })
  expect((await guest('DELETE', `/sessions/${sessionId}`)).status).toBe(204)
  expect((await guest('GET', `/sessions/${sessionId}/messages`)).status).toBe(404)
  expect((await guest('GET', `/messages/${messageId}/events`)).status).toBe(404)
  expect(await (await guest('GET', '/sessions')).json()).toEqual({ sessions: [] })
})

it('believes no cookie that it has not signed', async () => {
  const guest = createGuest()
  const { sessionId } = await fill(guest)
  const response = await fetch(`${api}/sessions/${sessionId}/messages`, {
    headers: { cookie: 'alfred_guest=00000000-0000-4000-8000-000000000000.forged' },
  })
  expect(response.status).toBe(404)
})
