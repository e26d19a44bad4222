import { createEventBus, noopLogger } from '@alfred/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, type Asked } from '../../test/support/ask.ts'
import { hosts, serve } from '../../test/support/hosts.ts'
import { alfredHardening } from '../alfred-hardening.ts'
import type { AlfredConfig } from '../config/alfred-config.ts'
import { createNotices } from './notice-logger.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Asks a guarded server twice. @returns what stood on stderr */
async function saidOf(config: AlfredConfig, asked: Asked): Promise<readonly string[]> {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0)
  const guard = alfredHardening(config)
  const server = await serve(
    hosts['Express 5'](guard, {
      '/fails': () => {
        throw new Error('the database is away')
      },
    }),
  )
  closers.push(
    () => guard.close(),
    () => server.close(),
  )
  await ask(server.port, asked)
  await ask(server.port, asked)
  return lines.filter((line) => line.startsWith('alfred-security:'))
}

const secret = 'client-sent-this'
const post = (more: Asked = {}): Asked => ({
  method: 'POST',
  path: `/${secret}`,
  body: secret,
  headers: { 'Content-Type': 'text/csv' },
  ...more,
})

describe('without a logger', () => {
  it.each<[string, AlfredConfig, Asked, RegExp]>([
    [
      'another content type',
      { bodyGuard: { otherTypes: 'refuse' } },
      post(),
      /415 content-type-unsupported.*bodyGuard/,
    ],
    ['another site', {}, post({ headers: { 'Sec-Fetch-Site': 'cross-site' } }), /403.*cors\.origin/],
    [
      'a limit',
      { rateLimit: { policies: [{ name: 'few', limit: 1, windowMs: 60_000, key: 'address' }] } },
      { path: `/${secret}` },
      /429: policy "few".*rateLimit\.policies/,
    ],
    [
      'another host',
      { allowedHosts: ['app.example.com'] },
      { headers: { Host: `${secret}.example` } },
      /421.*allowedHosts/,
    ],
    ['a query', { preset: 'strict' }, { path: `/?a=${secret}&a=1` }, /400 repeated-parameter.*requestLimits/],
  ])('says once why it was refused and what to change: %s', async (_what, config, asked, expected) => {
    const said = await saidOf(config, asked)
    expect(said).toEqual([expect.stringMatching(expected)])
    expect(said[0]).toContain('logger: false')
    expect(said[0]).not.toContain(secret)
  })

  it('says what would be refused in those words', async () => {
    const said = await saidOf(
      { csrf: { mode: 'report' } },
      post({ headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'cross-site' }, body: '{}' }),
    )
    expect(said).toEqual(['alfred-security: a cross-origin request would be refused\n'])
  })

  it('says once what a route threw', async () => {
    expect(await saidOf({}, { path: '/fails' })).toEqual([
      expect.stringContaining('request failed: Error: the database is away\n    at '),
    ])
  })

  it.each<[string, AlfredConfig]>([
    ['false', { logger: false }],
    ['given', { logger: noopLogger }],
  ])('a logger that is %s leaves stderr alone', async (_what, config) => {
    expect(await saidOf(config, post())).toEqual([])
    expect(await saidOf(config, { path: '/fails' })).toEqual([])
  })
})

it('says a hundred kinds at most', () => {
  const lines: string[] = []
  const notices = createNotices((line) => lines.push(line))
  const events = createEventBus(noopLogger)
  notices.watch(events)
  for (let kind = 0; kind < 200; kind++)
    events.emit('rate-limit.denied', { policy: `p${String(kind)}`, retryAfterMs: 1 })
  expect(lines).toHaveLength(100)
})

it('says an error once for its place, whatever its message holds, and on one line', () => {
  const lines: string[] = []
  const { logger } = createNotices((line) => lines.push(line))
  for (let sent = 0; sent < 200; sent++) {
    const message = `no user "\u001b[31m\nalfred-security: forged\n    at f${String(sent)} (a.js:1:1)"`
    logger.error({ err: new Error(message) }, 'request failed')
  }
  logger.warn({}, 'another kind')
  expect(lines).toHaveLength(2)
  expect(lines[0]).not.toContain('\u001b')
  expect(lines[0]?.split('\n').filter((line) => line.startsWith('alfred-security:'))).toHaveLength(1)
})
