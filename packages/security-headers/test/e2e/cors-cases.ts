import type { ServerResponse } from 'node:http'
import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { type CorsOptions, createCors } from '../../src/index.ts'
import { addFrame, call, openTab, type Tab } from './browser.ts'
import { type Site, startSite } from './site.ts'

/** What a page's `read` learns. */
type Answer =
  | {
      readonly status: number
      readonly body: string
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly blocked: string }

interface Fixture {
  readonly tab: Tab
  readonly api: string
  readonly apiSite: Site
  readonly denied: readonly AlfredEvents['cors.denied'][]
}

/** Where a page is: `pages` is the site that the API's CORS may know, `others` one it does not. */
type Place = (pages: Site, others: Site) => string

const ownPage: Place = (pages) => pages.origin('localhost')
const neighbour: Place = (_pages, others) => others.origin('localhost')
const stranger: Place = (pages) => pages.origin('127.0.0.1')

type Answering = (response: ServerResponse) => void

/** A page, and an API on another port of `localhost` where its user has a cookie. */
async function setUp(
  place: Place,
  options: (pages: Site) => CorsOptions,
  answer?: Answering,
): Promise<Fixture> {
  const pages = await startSite()
  const others = await startSite()
  const events = createEventBus(noopLogger)
  const denied: AlfredEvents['cors.denied'][] = []
  events.on('cors.denied', (event) => denied.push(event))
  const cors = createCors({ ...options(pages), events })
  const apiSite = await startSite({
    layers: [cors],
    upgrades: cors,
    app: (_request, response) => {
      answer?.(response)
      response.end('data')
    },
  })
  const tab = await openTab(place(pages, others))
  const cookie = { name: 'session', value: 'alice', domain: 'localhost', path: '/', sameSite: 'Lax' } as const
  await tab.context().addCookies([cookie])
  return { tab, api: apiSite.origin('localhost'), apiSite, denied }
}

const known =
  (more: Partial<CorsOptions> = {}) =>
  (pages: Site): CorsOptions => ({ origin: pages.origin('localhost'), ...more })

const credentials = known({ credentials: true })
const everybody = (): CorsOptions => ({ origin: '*' })
const socketUrl = (origin: string): string => origin.replace('http:', 'ws:')

const include = { credentials: 'include' }
const put = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }

describe('what a page reads of another origin', () => {
  // its name, place, CORS, request; whether it reads the answer, whether the cookie was sent, what the app saw
  it.each<[string, Place, (pages: Site) => CorsOptions, object, boolean, boolean, string[]]>([
    ['known', ownPage, known(), {}, true, false, ['GET']],
    ['known, with cookies', ownPage, credentials, include, true, true, ['GET']],
    ['known, with cookies that are not allowed', ownPage, known(), include, false, true, ['GET']],
    ['known, PUT', ownPage, known(), put, true, false, ['PUT']],
    ['known, PUT with cookies', ownPage, credentials, { ...put, ...include }, true, true, ['PUT']],
    ['known, other method', ownPage, known({ methods: ['GET'] }), put, false, false, []],
    ['known, other header', ownPage, known(), { headers: { 'x-other': '1' } }, false, false, []],
    ['known, resumed', ownPage, known(), { headers: { 'last-event-id': '7' } }, true, false, ['GET']],
    ['of the same site', neighbour, credentials, {}, false, false, ['GET']],
    ['of the same site, with cookies', neighbour, credentials, include, false, true, ['GET']],
    ['of the same site, PUT', neighbour, credentials, { ...put, ...include }, false, false, []],
    // The browser keeps the cookie to itself, and still lets the request through.
    ['of another site, with cookies', stranger, credentials, include, false, false, ['GET']],
    ['anybody', stranger, everybody, {}, true, false, ['GET']],
    ['anybody, PUT', stranger, everybody, put, true, false, ['PUT']],
    ['anybody, with cookies', neighbour, everybody, include, false, true, ['GET']],
  ])('%s', async (_name, place, options, init, reads, sends, reached) => {
    const { tab, api, apiSite } = await setUp(place, options)
    const answer = await call<Answer>(tab, 'read', `${api}/items`, init)
    expect(answer).toMatchObject(reads ? { status: 200, body: 'data' } : { blocked: 'TypeError' })
    const seen = apiSite.received('/items').filter(({ reachedApp }) => reachedApp)
    expect(seen.map(({ method }) => method)).toEqual(reached)
    expect(seen.some(({ cookie }) => cookie === 'session=alice')).toBe(sends)
  })

  it('names subdomains by a pattern, not their parent', async () => {
    const reads = async (host: string): Promise<boolean> => {
      const subdomains = (pages: Site): CorsOptions => ({ origin: pages.origin('*.alfred.test') })
      const { tab, api } = await setUp((pages) => pages.origin(host), subdomains)
      return 'status' in (await call<Answer>(tab, 'read', api))
    }
    expect(await reads('app.alfred.test')).toBe(true)
    expect(await reads('a.b.alfred.test')).toBe(true)
    expect(await reads('alfred.test')).toBe(false)
    expect(await reads('notalfred.test')).toBe(false)
  })

  it.each<[string, (pages: Site) => CorsOptions, boolean]>([
    ['a list', credentials, false],
    ['a function that allows all it is asked about', () => ({ origin: () => true }), false],
    ['everybody', everybody, true],
  ])('the null origin of a sandboxed frame: %s', async (_name, options, reads) => {
    const { tab, api, apiSite, denied } = await setUp(ownPage, options)
    const frame = await addFrame(tab, '/', { sandbox: 'allow-scripts' })
    const answer = await call<Answer>(frame, 'read', `${api}/items`)
    expect(answer).toMatchObject(reads ? { status: 200 } : { blocked: 'TypeError' })
    expect(apiSite.received('/items').map(({ origin }) => origin)).toEqual(['null'])
    expect(denied).toEqual(reads ? [] : [{ method: 'GET', preflight: false }])
  })
})

describe('preflights', () => {
  const methods = (site: Site): string[] => site.received('/items').map(({ method }) => method)

  it.each([
    ['are kept for maxAge', 600, ['OPTIONS', 'PUT', 'PUT']],
    ['are asked anew without it', 0, ['OPTIONS', 'PUT', 'OPTIONS', 'PUT']],
  ])('%s', async (_name, maxAge, expected) => {
    const { tab, api, apiSite } = await setUp(ownPage, known({ maxAge }))
    await call(tab, 'read', `${api}/items`, put)
    await call(tab, 'read', `${api}/items`, put)
    expect(methods(apiSite)).toEqual(expected)
  })

  it('that are denied end before the app, and are told', async () => {
    const { tab, api, apiSite, denied } = await setUp(neighbour, credentials)
    await call(tab, 'read', `${api}/items`, put)
    expect(methods(apiSite)).toEqual(['OPTIONS'])
    expect(denied).toEqual([{ method: 'PUT', preflight: true }])
  })
})

it('lets a page of another origin read what a limiter says, and nothing else', async () => {
  const limited: Answering = (response) => {
    response.writeHead(429, {
      'Retry-After': '30',
      RateLimit: '"chat";r=0;t=30',
      'RateLimit-Policy': '"chat";q=10;w=60',
      'X-Internal': 'node-7',
    })
  }
  const { tab, api } = await setUp(ownPage, known(), limited)
  const answer = await call<Answer>(tab, 'read', api)
  expect(answer).toMatchObject({ status: 429 })
  expect('headers' in answer ? answer.headers : {}).toEqual({
    'retry-after': '30',
    ratelimit: '"chat";r=0;t=30',
    'ratelimit-policy': '"chat";q=10;w=60',
  })
})

describe('WebSockets', () => {
  it.each<[string, Place, (pages: Site) => CorsOptions, string]>([
    ['known', ownPage, credentials, 'hello'],
    ['known by a promise', ownPage, () => ({ origin: () => Promise.resolve(true) }), 'hello'],
    ['of the same site', neighbour, credentials, 'closed'],
    ['of another site', stranger, credentials, 'closed'],
    ['anybody', stranger, everybody, 'hello'],
    ['anybody, with cookies', neighbour, everybody, 'closed'],
  ])('%s', async (_name, place, options, expected) => {
    const { tab, api } = await setUp(place, options)
    expect(await call(tab, 'openSocket', socketUrl(api))).toBe(expected)
  })

  it('a sandboxed frame of a known page', async () => {
    const { tab, api } = await setUp(ownPage, credentials)
    const frame = await addFrame(tab, '/', { sandbox: 'allow-scripts' })
    expect(await call(frame, 'openSocket', socketUrl(api))).toBe('closed')
  })

  it.each<[string, (site: Site) => CorsOptions, string]>([
    ['nothing', () => ({ origin: [] }), 'closed'],
    [
      'its public origin',
      (site) => ({ origin: [], publicOrigins: [site.origin('app.alfred.test')] }),
      'hello',
    ],
    ['the proxy, which forwards the host', () => ({ origin: [], trustProxy: 'loopback' }), 'hello'],
  ])(
    'of the site’s own pages behind a proxy that replaces Host, knowing %s',
    async (_name, options, expected) => {
      const site: Site = await startSite({
        upgrades: {
          checkUpgrade(request) {
            const { host } = request.headers
            Object.assign(request.headers, { host: 'backend', 'x-forwarded-host': host })
            return createCors(options(site)).checkUpgrade(request)
          },
        },
      })
      const tab = await openTab(site.origin('app.alfred.test'))
      expect(await call(tab, 'openSocket', socketUrl(site.origin('app.alfred.test')))).toBe(expected)
    },
  )

  it('of the site’s own pages need no permission', async () => {
    const cors = createCors({ origin: [] })
    const site = await startSite({ upgrades: cors })
    const tab = await openTab(site.origin('app.alfred.test'))
    expect(await call(tab, 'openSocket', socketUrl(site.origin('app.alfred.test')))).toBe('hello')
  })
})
