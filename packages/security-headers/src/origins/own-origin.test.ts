import { describe, expect, it } from 'vitest'
import { createRequest, exchange, problemsOf } from '../../test/support/exchange.ts'
import { createCors } from '../cors/cors.ts'
import { createCsrf } from '../csrf/csrf.ts'
import type { OwnOriginOptions } from './own-origin.ts'

type Headers = Readonly<Record<string, string>>

const own = 'https://app.example.com:8443'
const rewritten = { host: 'backend:3000' }
const forwarded = (value: string): Headers => ({ ...rewritten, 'x-forwarded-host': value })

const rows: [string, Partial<OwnOriginOptions>, string, Headers, boolean][] = [
  ['the same host', {}, own, { host: 'app.example.com:8443' }, true],
  ['the same host, over HTTP/2', {}, own, { ':authority': 'app.example.com:8443' }, true],
  ['the same host in capitals', {}, own, { host: 'APP.example.com:8443' }, true],
  ['the default port of https', {}, 'https://app.example.com', { host: 'app.example.com:443' }, true],
  ['the default port of http', {}, 'http://app.example.com', { host: 'app.example.com:80' }, true],
  [
    'the default port of the other scheme',
    {},
    'https://app.example.com',
    { host: 'app.example.com:80' },
    false,
  ],
  ['a port that the proxy left out', {}, own, { host: 'app.example.com' }, false],
  ['the same, named', { publicOrigins: [own] }, own, { host: 'app.example.com' }, true],
  ['a host that the proxy replaced', {}, own, rewritten, false],
  ['the same, named', { publicOrigins: [own] }, own, rewritten, true],
  ['another than the named', { publicOrigins: [own] }, 'https://evil.example', rewritten, false],
  ['a forwarded host', { trustProxy: 1 }, own, forwarded('app.example.com:8443'), true],
  [
    'a forwarded host and its default port',
    { trustProxy: 1 },
    'https://app.example.com',
    forwarded('app.example.com:443'),
    true,
  ],
  ['a forwarded host of nobody trusted', {}, own, forwarded('app.example.com:8443'), false],
  [
    'a forwarded host of another peer',
    { trustProxy: ['192.0.2.1'] },
    own,
    forwarded('app.example.com:8443'),
    false,
  ],
  [
    'what the nearest proxy forwards',
    { trustProxy: 1 },
    own,
    forwarded('evil.example, app.example.com:8443'),
    true,
  ],
  ['what came before it', { trustProxy: 1 }, own, forwarded('app.example.com:8443, evil.example'), false],
  ['null', { publicOrigins: [own], trustProxy: 1 }, 'null', forwarded('null'), false],
  ['an origin without host', { trustProxy: 1 }, 'https://', forwarded(''), false],
]

describe('is a page of this server', () => {
  it.each(rows)('%s: %j, Origin %s, %j', async (_name, options, origin, headers, expected) => {
    const request = { headers: { ...headers, origin } }
    const cors = createCors({ origin: [], ...options })
    expect(cors.checkUpgrade(createRequest(request))).toBe(expected)
    const answer = await exchange(createCsrf(options), { ...request, method: 'POST' })
    expect(answer.passed).toBe(expected)
  })
})

it('refuses public origins that no browser sends', () => {
  for (const construct of [createCsrf, createCors]) {
    const options = { origin: [], publicOrigins: ['app.example.com', 'https://app.example.com/'] }
    const given = construct === createCsrf ? { publicOrigins: options.publicOrigins } : options
    expect(problemsOf(() => construct(given as never)).map(({ path }) => path.replace(/^\w+\./, ''))).toEqual(
      ['publicOrigins[0]', 'publicOrigins[1]'],
    )
  }
})
