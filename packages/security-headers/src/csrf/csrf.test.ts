import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { exchange, problemsOf } from '../../test/support/exchange.ts'
import { createCsrf, type CsrfReason } from './csrf.ts'
import type { CsrfOptions } from './csrf-options.ts'

const host = 'example.com'
const trusted = 'https://trusted.example'
const attacker = 'https://attacker.example'

const methods = {
  safe: ['GET', 'HEAD', 'OPTIONS'],
  unsafe: ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'QUERY'],
}
const sites = [
  undefined,
  '',
  'same-origin',
  'none',
  'same-site',
  'cross-site',
  'made-up',
  'Same-Origin',
] as const
const origins = {
  absent: undefined,
  empty: '',
  own: `https://${host}`,
  'own, plain': `http://${host}`,
  'own, other port': `https://${host}:8443`,
  'own, with path': `https://${host}/path`,
  trusted,
  attacker,
  null: 'null',
  broken: 'https://exa mple.com',
} as const

type OriginName = keyof typeof origins

/** What each pair of Sec-Fetch-Site and Origin means for an unsafe method on a path without bypass. */
function expectedReason(site: (typeof sites)[number], origin: OriginName): CsrfReason | undefined {
  if (origin === 'trusted') return undefined
  switch (site) {
    case 'same-origin':
    case 'none':
      return undefined
    case 'same-site':
      return 'same-site'
    case 'cross-site':
    case 'made-up':
    case 'Same-Origin':
      return 'cross-site'
    case undefined:
    case '':
      return ['absent', 'empty', 'own', 'own, plain'].includes(origin) ? undefined : 'origin-mismatch'
  }
}

function watch(options: CsrfOptions) {
  const events = createEventBus(noopLogger)
  const denied: AlfredEvents['csrf.denied'][] = []
  events.on('csrf.denied', (event) => denied.push(event))
  return { csrf: createCsrf({ ...options, events }), denied }
}

const table = Object.keys(origins).flatMap((origin) =>
  sites.map((site) => ({ origin: origin as OriginName, site })),
)

describe.each(table)('Sec-Fetch-Site $site, Origin $origin', ({ origin, site }) => {
  const headers: Record<string, string> = { host }
  if (site !== undefined) headers['sec-fetch-site'] = site
  const value = origins[origin]
  if (value !== undefined) headers['origin'] = value

  it.each(methods.safe)('%s passes', async (method) => {
    const { csrf, denied } = watch({ trustedOrigins: [trusted] })
    expect((await exchange(csrf, { method, headers })).passed).toBe(true)
    expect(denied).toEqual([])
  })

  const reason = expectedReason(site, origin)
  it.each(methods.unsafe)(
    `%s ${reason === undefined ? 'passes' : `is refused: ${reason}`}`,
    async (method) => {
      const { csrf, denied } = watch({ trustedOrigins: [trusted], bypass: '/webhooks' })
      const answer = await exchange(csrf, { method, headers, url: '/account' })
      expect(answer.passed).toBe(reason === undefined)
      expect(answer.status).toBe(reason === undefined ? 200 : 403)
      expect(denied).toEqual(reason === undefined ? [] : [{ method, reason, reportOnly: false }])
    },
  )

  it('passes on a path with bypass', async () => {
    const { csrf } = watch({ bypass: ['/webhooks', '/hooks/*'] })
    expect((await exchange(csrf, { method: 'POST', headers, url: '/hooks/stripe?a=b' })).passed).toBe(true)
  })

  it('passes when it only reports', async () => {
    const { csrf, denied } = watch({ trustedOrigins: [trusted], mode: 'report' })
    expect((await exchange(csrf, { method: 'POST', headers })).passed).toBe(true)
    expect(denied).toEqual(reason === undefined ? [] : [{ method: 'POST', reason, reportOnly: true }])
  })
})

describe('the paths of bypass', () => {
  it.each([
    ['/bypass', true],
    ['/bypass?a=b', true],
    ['/bypass/', false],
    ['/bypass/deep', false],
    ['/BYPASS', false],
    ['/bypassed', false],
    ['/foo/../bypass', false],
    ['/hooks/deep', true],
    ['/hooks/../api', false],
    ['/hooks/%2e%2e/api', false],
    ['/hooks', false],
    ['/api', false],
  ])('%s: %s', async (url, passed) => {
    const { csrf } = watch({ bypass: ['/bypass', '/hooks/*'] })
    const headers = { host, origin: attacker, 'sec-fetch-site': 'cross-site' }
    expect((await exchange(csrf, { method: 'POST', headers, url })).passed).toBe(passed)
  })
})

describe('the host', () => {
  it.each<[Record<string, string>, boolean]>([
    [{ host: 'Example.COM', origin: 'https://example.com' }, true],
    [{ host: 'example.com:8443', origin: 'https://example.com:8443' }, true],
    [{ host: 'example.com:8443', origin: 'https://example.com' }, false],
    [{ host: 'internal:3000', origin: 'https://example.com' }, false],
    [{ origin: 'https://example.com' }, false],
    [{ host: '', origin: 'https://' }, false],
    [{ ':authority': 'example.com', origin: 'https://example.com' }, true],
    [{ ':authority': 'example.com', origin: attacker }, false],
  ])('%j: %s', async (headers, passed) => {
    expect((await exchange(createCsrf(), { method: 'POST', headers })).passed).toBe(passed)
  })
})

it('refuses with a problem that tells nothing of the request', async () => {
  const answer = await exchange(createCsrf(), {
    method: 'POST',
    headers: { host, origin: attacker, 'sec-fetch-site': 'cross-site' },
  })
  expect(answer.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  expect(JSON.parse(answer.body)).toEqual({
    type: 'urn:alfred:problem:cross-origin-request',
    status: 403,
    title: 'Cross-origin request refused',
    detail: 'This action can only be started from the pages of this site.',
  })
})

describe('resource isolation', () => {
  const cross = { 'sec-fetch-site': 'cross-site' }
  it.each<[string, string, Record<string, string>, boolean]>([
    ['GET', '/', {}, true],
    ['GET', '/', { 'sec-fetch-site': 'same-origin' }, true],
    ['GET', '/', { 'sec-fetch-site': 'same-site' }, true],
    ['GET', '/', { 'sec-fetch-site': 'none' }, true],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
    ['HEAD', '/', { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, true],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, true],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'object' }, false],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'embed' }, false],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, false],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }, false],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'cors', origin: attacker }, false],
    ['GET', '/', { ...cross, 'sec-fetch-mode': 'cors', origin: trusted }, true],
    ['GET', '/', cross, false],
    ['GET', '/', { 'sec-fetch-site': 'made-up' }, false],
    ['OPTIONS', '/', { ...cross, 'sec-fetch-mode': 'cors', origin: attacker }, true],
    ['GET', '/public/logo.png', { ...cross, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, true],
    ['POST', '/public/logo.png', { ...cross, 'sec-fetch-mode': 'no-cors' }, false],
    ['GET', '/webhooks', { ...cross, 'sec-fetch-mode': 'cors', origin: attacker }, true],
  ])('%s %s %j: %s', async (method, url, headers, passed) => {
    const { csrf, denied } = watch({
      trustedOrigins: [trusted],
      bypass: '/webhooks',
      resourceIsolation: { except: '/public/*' },
    })
    const answer = await exchange(csrf, { method, url, headers: { host, ...headers } })
    expect(answer.passed).toBe(passed)
    expect(answer.headers['vary']).toBe('Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site')
    if (!passed) expect(denied).toHaveLength(1)
  })

  it('is off unless asked for', async () => {
    const answer = await exchange(createCsrf(), { headers: { host, ...cross, 'sec-fetch-mode': 'no-cors' } })
    expect(answer.passed).toBe(true)
    expect(answer.headers['vary']).toBeUndefined()
  })
})

describe('refused at construction', () => {
  it.each<[object, string, string]>([
    [{ trustedOrigin: [] }, 'csrf.trustedOrigin', 'ALFRED_CONFIG_UNKNOWN_KEY'],
    [{ trustedOrigins: ['https://a.example/'] }, 'csrf.trustedOrigins[0]', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ trustedOrigins: ['null'] }, 'csrf.trustedOrigins[0]', 'ALFRED_CONFIG_UNSAFE'],
    [{ bypass: 'webhooks' }, 'csrf.bypass', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ bypass: 5 }, 'csrf.bypass', 'ALFRED_CONFIG_WRONG_TYPE'],
    [{ bypass: '/' }, 'csrf.bypass', 'ALFRED_CONFIG_UNSAFE'],
    [{ bypass: async () => Promise.resolve(true) }, 'csrf.bypass', 'ALFRED_CONFIG_WRONG_TYPE'],
    [{ mode: 'off' }, 'csrf.mode', 'ALFRED_CONFIG_OUT_OF_RANGE'],
    [{ resourceIsolation: 'yes' }, 'csrf.resourceIsolation', 'ALFRED_CONFIG_WRONG_TYPE'],
  ])('%j', (options, path, code) => {
    expect(problemsOf(() => createCsrf(options as CsrfOptions))).toMatchObject([{ path, code }])
  })
})
