import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { hosts, serve, type Served } from '../../test/support/hosts.ts'
import { alfredHardening } from '../alfred-hardening.ts'
import type { AlfredConfig } from './alfred-config.ts'
import { type PresetName, presets } from './presets.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function start(config: AlfredConfig): Promise<Served> {
  const guard = alfredHardening(config)
  const page = (_request: unknown, response: { end(text: string): void }): void => {
    response.end('ok')
  }
  const server = await serve(hosts['Express 5'](guard, { '/': page, '/api/alfred/chat': page }))
  closers.push(
    () => guard.close(),
    () => server.close(),
  )
  return server
}

/** What a stack sends with its page, and with a query that names a parameter twice. */
async function answersOf(config: AlfredConfig) {
  const { port } = await start(config)
  const page = await ask(port, { path: '/' })
  const repeated = await ask(port, { path: '/?tag=a&tag=b' })
  const chat = await ask(port, { path: '/api/alfred/chat' })
  const posted = await ask(port, {
    method: 'POST',
    body: 'a,b',
    headers: { 'Content-Type': 'text/csv' },
  })
  return {
    csp: page.headers['content-security-policy']?.split(';')[0],
    limits: [page, chat].map(({ headers }) =>
      [...(headers['ratelimit-policy'] ?? '').matchAll(/"([a-z]+)";q=(\d+)/g)].map(
        ([, name = '', quota = '']) => `${name} ${quota}`,
      ),
    ),
    repeated: repeated.status,
    csv: posted.status,
  }
}

const everyPage = [['requests 1000'], ['requests 1000']]

describe('a stack', () => {
  it.each<[PresetName | undefined, Awaited<ReturnType<typeof answersOf>>]>([
    [undefined, { csp: "default-src 'self'", limits: everyPage, repeated: 200, csv: 200 }],
    ['api', { csp: "default-src 'none'", limits: everyPage, repeated: 200, csv: 415 }],
    ['app', { csp: "default-src 'self'", limits: everyPage, repeated: 200, csv: 200 }],
    ['static', { csp: "default-src 'self'", limits: everyPage, repeated: 200, csv: 200 }],
    [
      'ai',
      {
        csp: "default-src 'self'",
        limits: [[], ['api 100', 'chat 10', 'streams 10']],
        repeated: 200,
        csv: 200,
      },
    ],
    [
      'strict',
      { csp: "default-src 'none'", limits: [['requests 300'], ['requests 300']], repeated: 400, csv: 415 },
    ],
  ])('with preset %s answers as the preset says', async (preset, expected) => {
    expect(await answersOf({ preset })).toEqual(expected)
  })

  it.each<[string, AlfredConfig, number]>([
    ['its option', { requestLimits: { repeatedParameters: 'list' } }, 200],
    ['another option of the layer', { requestLimits: { maxParameters: 5 } }, 400],
    ['an option that is undefined', { requestLimits: { repeatedParameters: undefined } }, 400],
    ['true', { requestLimits: true }, 400],
    ['false', { requestLimits: false }, 200],
  ])('takes from the configuration over the preset: %s', async (_what, config, status) => {
    expect((await answersOf({ preset: 'strict', ...config })).repeated).toBe(status)
  })

  it('without a preset lets a page with 200 calls load five times in a minute', async () => {
    const { port } = await start({})
    for (let call = 0; call < 1000; call++) expect((await ask(port, { path: '/' })).status).toBe(200)
  })
})

it('are plain data, as a file of JSON could hold them', () => {
  expect(JSON.parse(JSON.stringify(presets))).toEqual(presets)
})
