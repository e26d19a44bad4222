import { noopLogger } from '@alfred/core'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../test/support/ask.ts'
import { type HostName, hostNames, hosts, serve } from '../test/support/hosts.ts'
import type { AlfredConfig } from './config/alfred-config.ts'
import { alfredHardening } from './alfred-hardening.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function start(config: AlfredConfig, host: HostName = 'node:http') {
  const logged: Readonly<Record<string, unknown>>[] = []
  const note = (fields: Readonly<Record<string, unknown>>): void => void logged.push(fields)
  const guard = alfredHardening({
    allowedHosts: false,
    logger: { ...noopLogger, info: note, warn: note },
    health: false,
    ...config,
  })
  const served = await serve(hosts[host](guard, { '/action': (_request, response) => response.end('done') }))
  closers.push(
    () => served.close(),
    () => guard.close(),
  )
  return { port: served.port, logged, guard }
}

const app = 'https://app.example.com'
const other = 'https://other.example'
const json = { 'Content-Type': 'application/json' }
const byScript = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' }
const cookie = { Cookie: 'session=1' }

type CorsConfig = AlfredConfig['cors']
const everybody: CorsConfig = { origin: '*' }
const byFunction: CorsConfig = { origin: (origin) => origin === app }
const byPromise: CorsConfig = { origin: (origin) => Promise.resolve(origin === app) }
const listed: CorsConfig = { origin: [app] }
const withCredentials: CorsConfig = { origin: [app], credentials: true }
const functionWithCredentials: CorsConfig = { origin: (origin) => origin === app, credentials: true }

// CORS, trustedOrigins, what the browser says, the status of the POST
const rows: [string, CorsConfig, readonly string[], Record<string, string>, number][] = [
  ['* and a script of anybody', everybody, [], { Origin: other, ...byScript }, 200],
  ['* and a browser that says nothing more', everybody, [], { Origin: other }, 200],
  ['* and an opaque origin without credentials', everybody, [], { Origin: 'null', ...byScript }, 200],
  ['* and a bearer token', everybody, [], { Origin: other, ...byScript, Authorization: 'Bearer x' }, 200],
  ['* and cookies', everybody, [], { Origin: other, ...byScript, ...cookie }, 403],
  ['* and cookies, over plain HTTP', everybody, [], { Origin: other, ...cookie }, 403],
  [
    '* and HTTP authentication',
    everybody,
    [],
    { Origin: other, ...byScript, Authorization: 'Basic YTpi' },
    403,
  ],
  ['* and Kerberos', everybody, [], { Origin: other, ...byScript, Authorization: 'negotiate YTpi' }, 403],
  ['* and an opaque origin with cookies', everybody, [], { Origin: 'null', ...byScript, ...cookie }, 403],
  ['* and a form', everybody, [], { Origin: other, ...byScript, 'Sec-Fetch-Mode': 'navigate' }, 403],
  ['* and a blind request', everybody, [], { Origin: other, ...byScript, 'Sec-Fetch-Mode': 'no-cors' }, 403],
  ['* and no Origin', everybody, [], byScript, 403],
  ['a function that allows', byFunction, [], { Origin: app, ...byScript }, 200],
  ['a function that allows, and cookies', byFunction, [], { Origin: app, ...byScript, ...cookie }, 403],
  ['a function that denies', byFunction, [], { Origin: other, ...byScript }, 403],
  ['a promise that allows', byPromise, [], { Origin: app, ...byScript }, 200],
  ['a promise that denies', byPromise, [], { Origin: other, ...byScript }, 403],
  [
    'a function that allows credentials',
    functionWithCredentials,
    [],
    { Origin: app, ...byScript, ...cookie },
    200,
  ],
  ['a listed origin', listed, [], { Origin: app, ...byScript }, 200],
  [
    'a listed origin without credentials, and cookies',
    listed,
    [],
    { Origin: app, ...byScript, ...cookie },
    403,
  ],
  ['a listed origin with credentials', withCredentials, [], { Origin: app, ...byScript, ...cookie }, 200],
  [
    'trustedOrigins beside CORS: the trusted one',
    listed,
    [other],
    { Origin: other, ...byScript, ...cookie },
    200,
  ],
  ['trustedOrigins beside CORS: the allowed one', listed, [other], { Origin: app, ...byScript }, 200],
  [
    'trustedOrigins beside CORS: a third one',
    listed,
    [other],
    { Origin: 'https://x.example', ...byScript },
    403,
  ],
  ['no CORS', false, [], { Origin: other, ...byScript }, 403],
  ['no CORS, an opaque origin', false, [], { Origin: 'null', ...byScript }, 403],
  ['no CORS, an opaque origin over plain HTTP', false, [], { Origin: 'null' }, 403],
  ['no CORS, no browser', false, [], cookie, 200],
]

describe.each(hostNames)('on %s', (host) => {
  it.each(rows)('%s', async (_what, cors, trustedOrigins, headers, expected) => {
    const { port } = await start({ cors, csrf: { trustedOrigins }, rateLimit: false }, host)
    const { status } = await ask(port, {
      method: 'POST',
      path: '/action',
      headers: { ...json, ...headers },
      body: '{}',
    })
    expect(status).toBe(expected)
  })
})

// Browsers send no Sec-Fetch-Mode over plain HTTP: the type, other fields, the method, and the status.
const unlabelled: [string, string | undefined, Record<string, string>, string, number][] = [
  ['a form', 'application/x-www-form-urlencoded', {}, 'POST', 403],
  ['a form in upper case', 'APPLICATION/X-WWW-FORM-URLENCODED', {}, 'POST', 403],
  ['a form with parts', 'multipart/form-data; boundary=b', {}, 'POST', 403],
  ['a form of plain text', 'text/plain', {}, 'POST', 403],
  ['JSON named as plain text', 'text/plain; application/json', {}, 'POST', 403],
  ['a blind request without a type', undefined, {}, 'POST', 403],
  ['a form of an opaque origin', 'text/plain', { Origin: 'null' }, 'POST', 403],
  ['JSON', 'application/json', {}, 'POST', 200],
  ['plain text with a token', 'text/plain', { Authorization: 'Bearer x' }, 'POST', 200],
  ['plain text with HTTP authentication', 'text/plain', { Authorization: 'Basic YTpi' }, 'POST', 403],
  ['a method that forms have not', 'text/plain', {}, 'PUT', 200],
]

describe.each(hostNames)('on %s, a public API over plain HTTP', (host) => {
  it.each(unlabelled)('%s', async (_what, type, headers, method, expected) => {
    const { port } = await start({ cors: { origin: '*' }, rateLimit: false, bodyGuard: false }, host)
    const { status } = await ask(port, {
      method,
      path: '/action',
      headers: { ...(type === undefined ? {} : { 'Content-Type': type }), Origin: other, ...headers },
      body: 'user=mallory',
    })
    expect(status).toBe(expected)
  })
})

it('names origin and path in the log, cleaned and cut', async () => {
  const { port, logged } = await start({ cors: { origin: [app] } })
  await ask(port, {
    method: 'POST',
    path: `/action/${'x'.repeat(300)}?token=secret`,
    headers: { ...byScript, Origin: 'https://ev\til.example' },
  })
  const expected = {
    method: 'POST',
    origin: 'https://ev?il.example',
    path: `/action/${'x'.repeat(192)}…`,
  }
  expect(logged).toEqual([
    { ...expected, preflight: false },
    { ...expected, reason: 'cross-site', reportOnly: false, cors: 'denied' },
  ])
})

describe('Referrer-Policy', () => {
  it.each<[string, AlfredConfig['headers'], string]>([
    ['by default', true, 'same-origin'],
    ['with its default asked for', { referrerPolicy: true }, 'same-origin'],
    ['api', { preset: 'api' }, 'same-origin'],
    ['strict', { preset: 'strict' }, 'same-origin'],
    ['spa', { preset: 'spa' }, 'strict-origin-when-cross-origin'],
    ['as the application says', { preset: 'api', referrerPolicy: { policy: 'origin' } }, 'origin'],
  ])('%s lets own forms carry their origin', async (_what, headers, expected) => {
    const { port, logged } = await start({ headers })
    expect((await ask(port, { path: '/action' })).headers['referrer-policy']).toBe(expected)
    expect(logged).toEqual([])
  })

  it('is warned of where it hides the origin of own forms', async () => {
    const headers = {
      referrerPolicy: { policy: 'no-referrer' },
      overrides: [
        { path: '/a', referrerPolicy: { policy: 'same-origin' } },
        { path: '/b', referrerPolicy: { policy: ['origin', 'no-referrer'] } },
      ],
    } as const
    const { logged } = await start({ headers })
    expect(logged).toEqual([{ paths: ['headers.referrerPolicy', 'headers.overrides[1].referrerPolicy'] }])
    expect((await start({ headers, csrf: false })).logged).toEqual([])
  })
})
