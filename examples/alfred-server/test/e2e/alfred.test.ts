import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { z } from 'zod'
import * as schemas from '../../src/openapi/answer-schemas.ts'
import { type AlfredProcess, spawnAlfred, startAlfred } from './alfred-process.ts'
import { becomeGuest, chatAnswer, postChat, problem, readConversation, streamChat } from './client.ts'
import { nextEvent, type ReceivedEvent, readEvents } from './read-events.ts'

// As a newcomer starts it, without any service; the tests are a proxy in front, so that each has an address.
let alfred: AlfredProcess
let addresses = 0
let guest: Readonly<Record<string, string>> = {}
const asSomebody = (): Record<string, string> => ({
  'x-forwarded-for': `203.0.113.${String(++addresses)}`,
  ...guest,
})

beforeAll(async () => {
  alfred = await startAlfred({ env: { TRUST_PROXY: 'loopback' } })
  guest = await becomeGuest(alfred.url)
})
afterAll(() => alfred[Symbol.asyncDispose]())

it('says where it is, what it uses and how to use something else', () => {
  const output = alfred.output()
  expect(output).toContain(`Alfred is listening on ${alfred.url}`)
  expect(output).toMatch(/database {2,}PGlite in .*database {2,}set DATABASE_URL/)
  expect(output).toMatch(/rate limits {2,}in memory.* set REDIS_URL/)
  expect(output).toMatch(/key vault {2,}encrypted file .*keys\.vault/)
  expect(output).toMatch(/its key was made just now: .*vault\.key, mode 0600/)
  expect(output).toMatch(/answers {2,}demo.* set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST/)
  expect(output).toContain(`curl ${alfred.url}/api/alfred/chat`)
})

it('answers as /openapi.json describes', async () => {
  const headers = { ...asSomebody(), 'content-type': 'application/json' }
  const { sessionId } = chatAnswer.parse(
    await (await postChat(alfred.url, { message: 'hi' }, headers)).json(),
  )
  const call = async (schema: z.ZodType, path: string, init: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${alfred.url}/api/alfred${path}`, { ...init, headers })
    return schema.parse(await response.json())
  }
  await call(schemas.sessionPage, '/sessions?limit=1')
  await call(schemas.conversation, `/sessions/${sessionId}/messages`)
  await call(schemas.exportedConversation, `/sessions/${sessionId}/export`)
  await call(schemas.renamedSession, `/sessions/${sessionId}`, { method: 'PATCH', body: '{"title":"Mine"}' })
  await call(schemas.usageReport, '/usage')
  await call(schemas.providerList, '/providers')
  const body = JSON.stringify({ name: 'Greeting', content: 'Hi {{name}}', placeholders: ['name'] })
  const made = schemas.template.parse(await call(schemas.template, '/templates', { method: 'POST', body }))
  await call(schemas.templateList, '/templates')
  const values = '{"values":{"name":"Ada"}}'
  const path = `/templates/${made.id}/render`
  expect(await call(schemas.renderedTemplate, path, { method: 'POST', body: values })).toEqual({
    text: 'Hi Ada',
  })
  await call(schemas.problem, `/sessions/${crypto.randomUUID()}/messages`)

  const described = await fetch(`${alfred.url}/openapi.json`)
  expect(described.headers.get('content-type')).toMatch('application/json')
  expect(await described.json()).toMatchObject({ openapi: '3.1.1', info: { title: 'Alfred' } })
})

it('answers a chat message and keeps the conversation', async () => {
  const who = asSomebody()
  const message = "SELECT * FROM users; -- <script>alert('\u{1F600}')</script>"
  const first = await postChat(alfred.url, { message }, who)
  expect(first.status).toBe(200)
  const answer = chatAnswer.parse(await first.json())
  expect(answer).toMatchObject({ provider: 'demo', demo: true })
  expect(answer.message.content).toContain('This is a demo answer')

  const { sessionId } = answer
  const second = chatAnswer.parse(
    await (await postChat(alfred.url, { message: 'and?', sessionId }, who)).json(),
  )
  expect(second.message.content).toContain('message 2 of this conversation')
  const { messages } = await readConversation(alfred.url, sessionId, guest)
  expect(messages.map(({ role, content }) => [role, content])).toEqual([
    ['user', message],
    ['assistant', answer.message.content],
    ['user', 'and?'],
    ['assistant', second.message.content],
  ])
})

it('streams an answer as events with ids', async () => {
  const response = await streamChat(alfred.url, { message: 'hello' }, asSomebody())
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const events = await Array.fromAsync(readEvents(response))
  const messageId = String(events[0]?.data['messageId'])
  expect(events[0]).toMatchObject({ id: `${messageId}.0`, event: 'start' })
  expect(events[1]).toMatchObject({ event: 'provider', data: { provider: 'demo', demo: true } })
  expect(events.at(-1)).toMatchObject({
    event: 'done',
    data: { messageId, state: 'complete', finish: 'stop' },
  })
  const tokens = events.slice(2, -1)
  let characters = 0
  for (const { id, data } of tokens) {
    characters += String(data['text']).length
    expect(id).toBe(`${messageId}.${String(characters)}`)
  }
  expect(new Set(tokens.map(({ event }) => event))).toEqual(new Set(['token']))
  const { messages } = await readConversation(alfred.url, String(events[0]?.data['sessionId']), guest)
  expect(messages[1]?.content).toBe(tokens.map(({ data }) => data['text']).join(''))
})

it('resumes an answer after the last event that a client has, and from the beginning', async () => {
  const who = asSomebody()
  const response = await streamChat(alfred.url, { message: 'hello' }, who)
  const begun = readEvents(response)
  const start = await nextEvent(begun)
  const messageId = String(start.data['messageId'])
  await begun.next()
  const first = await nextEvent(begun)
  await response.body?.cancel().catch(() => undefined)
  const follow = async (headers: Record<string, string>) => {
    const events = await fetch(`${alfred.url}/api/alfred/messages/${messageId}/events`, {
      headers: { ...headers, ...who },
    })
    return Array.fromAsync(readEvents(events))
  }
  const textOf = (events: readonly ReceivedEvent[]) =>
    events.map(({ event, data }) => (event === 'token' ? String(data['text']) : '')).join('')
  const rest = await follow({ 'last-event-id': first.id ?? '' })
  const whole = await follow({})
  expect(rest.map(({ event }) => event)).not.toContain('start')
  expect(rest.at(-1)).toMatchObject({ event: 'done' })
  expect(whole[0]?.event).toBe('start')
  expect(textOf([first]) + textOf(rest)).toBe(textOf(whole))
  const { messages } = await readConversation(alfred.url, String(start.data['sessionId']), guest)
  expect(messages[1]).toMatchObject({ state: 'complete', content: textOf(whole) })
})

it('stops an answer and keeps what there is of it', async () => {
  const who = asSomebody()
  const events = readEvents(await streamChat(alfred.url, { message: 'hello' }, who))
  const { messageId, sessionId } = (await nextEvent(events)).data
  for (let n = 0; n < 3; n++) await events.next()
  const stopped = await fetch(`${alfred.url}/api/alfred/messages/${String(messageId)}/stop`, {
    method: 'POST',
    headers: who,
  })
  expect(stopped.status).toBe(202)
  expect((await Array.fromAsync(events)).at(-1)).toMatchObject({ event: 'done', data: { state: 'stopped' } })
  const { messages } = await readConversation(alfred.url, String(sessionId), guest)
  expect(messages[1]).toMatchObject({ state: 'stopped', complete: false })
  const again = await postChat(alfred.url, { message: 'go on', sessionId }, who)
  expect(again.status).toBe(200)
})

it('sends the security headers with the page, the API and errors', async () => {
  for (const path of ['/', '/chat.js', '/api/alfred/providers', '/nowhere']) {
    const { headers } = await fetch(alfred.url + path)
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self'(;|$)/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('x-powered-by')).toBeNull()
  }
})

it('serves a page that has no inline script or style', async () => {
  const response = await fetch(alfred.url)
  const html = await response.text()
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(html).toContain('<title>Alfred')
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
  for (const file of [
    'chat.js',
    'event-source.js',
    'answer-text.js',
    'markdown.js',
    'style.css',
    'favicon.svg',
  ]) {
    expect((await fetch(`${alfred.url}/${file}`)).status, file).toBe(200)
  }
})

it.each([
  ['no message', {}, '/body/message', 'required'],
  ['an empty message', { message: '' }, '/body/message', 'too-short'],
  ['a message of another type', { message: 7 }, '/body/message', 'wrong-type'],
  ['a message that is too long', { message: 'a'.repeat(10_001) }, '/body/message', 'too-long'],
  ['a message with U+0000', { message: 'a\0b' }, '/body/message', 'nul-character'],
  ['an unknown member', { message: 'a', admin: true }, '/body/admin', 'unknown-member'],
  ['a session that is no id', { message: 'a', sessionId: "' OR 1=1" }, '/body/sessionId', 'wrong-format'],
  [
    'a provider that is not configured',
    { message: 'a', provider: 'openai' },
    '/body/provider',
    'not-allowed',
  ],
])('answers %s with 422', async (_what, body, pointer, code) => {
  const response = await postChat(alfred.url, body, asSomebody())
  expect(response.status).toBe(422)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(problem.parse(await response.json())).toMatchObject({
    type: 'urn:alfred:problem:validation-failed',
    errors: [{ pointer, code }],
  })
})

it.each([
  ['broken JSON', '{"message":', 'application/json', 400],
  ['another media type', 'message=hi', 'application/x-www-form-urlencoded', 415],
  ['a body above the bound', `{"message":"${'a'.repeat(2 ** 20)}"}`, 'application/json', 413],
])('refuses %s', async (_what, body, type, status) => {
  const headers = { 'content-type': type, ...asSomebody() }
  const response = await fetch(`${alfred.url}/api/alfred/chat`, { method: 'POST', headers, body })
  expect(response.status).toBe(status)
  expect(problem.parse(await response.json()).status).toBe(status)
})

it.each([
  [
    'a conversation',
    'GET',
    `/api/alfred/sessions/${crypto.randomUUID()}/messages`,
    'urn:alfred:problem:session-not-found',
  ],
  [
    'a template',
    'POST',
    `/api/alfred/templates/${crypto.randomUUID()}/render`,
    'urn:alfred:problem:template-not-found',
  ],
  ['a page', 'GET', '/nowhere', 'about:blank'],
])('answers %s that does not exist with 404', async (_what, method, path, type) => {
  const response = await fetch(alfred.url + path, { method, headers: asSomebody() })
  expect(response.status).toBe(404)
  expect(problem.parse(await response.json()).type).toBe(type)
})

it('does not begin a conversation under an id that a client made up', async () => {
  const body = { message: 'hi', sessionId: crypto.randomUUID() }
  expect((await postChat(alfred.url, body, asSomebody())).status).toBe(404)
})

it('refuses a message that another site has a browser send', async () => {
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', ...asSomebody() }
  expect((await postChat(alfred.url, { message: 'hi' }, headers)).status).toBe(403)
})

it.each([
  ['localhost', 200],
  ['[::1]:3000', 200],
  ['evil.example', 421],
  ['evil.example:3000', 421],
])('answers for its own hosts alone: %s', async (host, status) => {
  const [response] = (await once(get(alfred.url, { headers: { host } }), 'response')) as [IncomingMessage]
  response.resume()
  expect(response.statusCode).toBe(status)
})

it("takes a browser's report of a CSP violation and counts it", async () => {
  const report = {
    'csp-report': {
      'document-uri': `${alfred.url}/`,
      'effective-directive': 'script-src-elem',
      'blocked-uri': 'inline',
      disposition: 'enforce',
    },
  }
  const answer = await fetch(`${alfred.url}/csp-reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/csp-report' },
    body: JSON.stringify(report),
  })
  expect(answer.status).toBe(204)
  const metrics = await (await fetch(`${alfred.url}/metrics`)).text()
  expect(metrics).toMatch(/^alfred_csp_violations_total\{[^}]*\} 1$/m)
})

it('stores templates and fills in their declared placeholders only', async () => {
  const post = (path: string, body: unknown) =>
    fetch(`${alfred.url}/api/alfred/templates${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...asSomebody() },
      body: JSON.stringify(body),
    })
  const template = {
    name: 'Review',
    content: 'Review this {{language}}: {{code}} {{constructor}} ${1 + 1} <% eval("1") %>',
    placeholders: ['language', 'code'],
  }
  const created = await post('', template)
  expect(created.status).toBe(201)
  const { id } = (await created.json()) as { id: string }
  const { templates } = (await (
    await fetch(`${alfred.url}/api/alfred/templates`, { headers: guest })
  ).json()) as {
    templates: unknown
  }
  expect(templates).toContainEqual(expect.objectContaining({ id, ...template }))

  const rendered = await post(`/${id}/render`, { values: { language: '{{code}}', code: 'a => b' } })
  expect(await rendered.json()).toEqual({
    text: 'Review this {{code}}: a => b {{constructor}} ${1 + 1} <% eval("1") %>',
  })
  expect((await post(`/${id}/render`, { values: { language: 'Rust' } })).status).toBe(422)
  expect((await post(`/${id}/render`, { values: { language: 'a', code: 'b', more: 'c' } })).status).toBe(422)
  expect((await post('', { ...template, placeholders: ['not a name'] })).status).toBe(422)
})

it('answers the probes and shows nobody the checks', async () => {
  for (const path of ['/livez', '/readyz', '/startupz', '/healthz']) {
    const response = await fetch(alfred.url + path)
    expect(response.status, path).toBe(200)
    expect(await response.json(), path).toEqual({ status: 'pass' })
  }
})

it('exports metrics to this machine', async () => {
  await postChat(alfred.url, { message: 'count me' }, asSomebody())
  const response = await fetch(`${alfred.url}/metrics`)
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(text).toMatch(/^alfred_chat_messages_total [1-9]/m)
  expect(text).toMatch(/^alfred_database_query_duration_seconds_count\{operation="insert"\} [1-9]/m)
  expect(text).toMatch(/^alfred_ai_failures_total\{provider="openai"\} 0$/m)
  expect(text).toMatch(/^http_server_request_duration_seconds_count\{.*"\/api\/alfred\/chat".*\} [1-9]/m)
})

it('denies messages beyond ten a minute, and says when to come back', async () => {
  const who = asSomebody()
  const first = await postChat(alfred.url, { message: '' }, who)
  expect(first.status).toBe(422)
  expect(first.headers.get('ratelimit-policy')).toMatch(/"chat";q=10;w=60/)
  expect(first.headers.get('ratelimit')).toMatch(/"chat";r=9/)
  // One unit comes back every six seconds, so a slow machine may get a few more through.
  const responses = await Promise.all(
    Array.from({ length: 20 }, () => postChat(alfred.url, { message: '' }, who)),
  )
  const denied = responses.filter(({ status }) => status === 429)
  expect(responses.length - denied.length).toBeGreaterThanOrEqual(9)
  const [one] = denied
  expect(one?.headers.get('ratelimit')).toMatch(/"chat";r=0;t=\d/)
  expect(Number(one?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(one?.headers.get('content-type')).toBe('application/problem+json')
  expect(problem.parse(await one?.json()).status).toBe(429)
  expect((await postChat(alfred.url, { message: 'hi' }, asSomebody())).status).toBe(200)
})

it('refuses to share its data folder with a second process', async () => {
  const folder = /PGlite in (.*)\/database {2}/.exec(alfred.output())?.[1]
  expect(folder).toBeDefined()
  await using second = await spawnAlfred({ env: { ALFRED_DATA_DIR: folder ?? '' } })
  expect(await second.exited).toEqual({ code: 1, signal: null })
  expect(second.output()).toMatch(/is in use by process \d+/)
})

it('drains and exits with 0 on SIGTERM', async () => {
  alfred.child.kill('SIGTERM')
  expect(await alfred.exited).toEqual({ code: 0, signal: null })
})
