import { type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createCsrf, type CsrfOptions } from '../../src/index.ts'
import { addFrame, call, openTab, type Tab } from './browser.ts'
import { type Site, startSite } from './site.ts'

interface Fixture {
  readonly tab: Tab
  readonly site: Site
  readonly denied: readonly AlfredEvents['csrf.denied'][]
}

/** How a page starts an action at `url`; the document to do it from is the tab's or a frame's. */
type Start = (fixture: Fixture, url: string) => Promise<unknown>

const submit: Start = ({ tab }, url) => Promise.all([tab.waitForURL(url), call(tab, 'submitForm', url)])
const followLink: Start = ({ tab }, url) => Promise.all([tab.waitForURL(url), call(tab, 'followLink', url)])
const submitSandboxed: Start = async ({ tab }, url) => {
  const frame = await addFrame(tab, '/', { sandbox: 'allow-scripts allow-forms' })
  return call(frame, 'submitForm', url)
}
const fetchBlindly: Start = ({ tab }, url) =>
  call(tab, 'read', url, { method: 'POST', mode: 'no-cors', body: 'x' })
const fetchJson: Start = ({ tab }, url) => call(tab, 'read', url, { method: 'POST', body: '{}' })

/** The page and the action's server, by the hosts that the browser calls them; `undefined`: the server's own page. */
interface Places {
  readonly from: string | undefined
  readonly to: string
}

const sameOrigin: Places = { from: undefined, to: 'localhost' }
const sameSite: Places = { from: 'localhost', to: 'localhost' }
const crossSite: Places = { from: '127.0.0.1', to: 'localhost' }
// Browsers tell nothing in Sec-Fetch-Site over plain HTTP, the loopback names left aside.
const plainSameOrigin: Places = { from: undefined, to: 'app.alfred.test' }
const plainSameSite: Places = { from: 'other.alfred.test', to: 'app.alfred.test' }
const plainCrossSite: Places = { from: 'evil.test', to: 'app.alfred.test' }

async function setUp({ from, to }: Places, options: (pages: Site) => CsrfOptions): Promise<Fixture> {
  const pages = await startSite()
  const events = createEventBus(noopLogger)
  const denied: AlfredEvents['csrf.denied'][] = []
  events.on('csrf.denied', (event) => denied.push(event))
  const site = await startSite({ layers: [createCsrf({ ...options(pages), events })] })
  const tab = await openTab(from === undefined ? site.origin(to) : pages.origin(from))
  return { tab, site, denied }
}

describe('actions', () => {
  const none = (): CsrfOptions => ({})
  const trusted = (pages: Site): CsrfOptions => ({ trustedOrigins: [pages.origin('127.0.0.1')] })
  const bypassed = (): CsrfOptions => ({ bypass: '/action' })
  const reporting = (): CsrfOptions => ({ mode: 'report' })

  // name, places, how it is started, options, the reason of its refusal, whether the app is reached
  it.each<[string, Places, Start, (pages: Site) => CsrfOptions, string | undefined, boolean]>([
    ['a form of the own page', sameOrigin, submit, none, undefined, true],
    ['a fetch of the own page', sameOrigin, fetchJson, none, undefined, true],
    ['a form of the same site', sameSite, submit, none, 'same-site', false],
    ['a form of another site', crossSite, submit, none, 'cross-site', false],
    ['a blind fetch of another site', crossSite, fetchBlindly, none, 'cross-site', false],
    ['a form of a sandboxed frame', sameOrigin, submitSandboxed, none, 'cross-site', false],
    ['a form of a trusted site', crossSite, submit, trusted, undefined, true],
    ['a form to a bypassed path', crossSite, submit, bypassed, undefined, true],
    ['a form of another site, reported', crossSite, submit, reporting, 'cross-site', true],
    ['over plain HTTP, the own page', plainSameOrigin, submit, none, undefined, true],
    ['over plain HTTP, the same site', plainSameSite, submit, none, 'origin-mismatch', false],
    ['over plain HTTP, another site', plainCrossSite, submit, none, 'origin-mismatch', false],
    ['over plain HTTP, a sandboxed frame', plainSameOrigin, submitSandboxed, none, 'origin-mismatch', false],
    ['over plain HTTP, a blind fetch', plainCrossSite, fetchBlindly, none, 'origin-mismatch', false],
  ])('%s', async (_name, places, start, options, reason, passes) => {
    const fixture = await setUp(places, options)
    const { tab, site, denied } = fixture
    const answered = tab.waitForResponse((response) => response.request().method() === 'POST')
    await start(fixture, `${site.origin(places.to)}/action`)
    expect((await answered).status()).toBe(passes ? 200 : 403)
    expect(site.received('/action').map(({ reachedApp }) => reachedApp)).toEqual([passes])
    expect(denied.map((event) => event.reason)).toEqual(reason === undefined ? [] : [reason])
  })

  it('the browser says where they come from on loopback, and nothing over plain HTTP elsewhere', async () => {
    const said = async (places: Places): Promise<string | undefined> => {
      const fixture = await setUp(places, none)
      const answered = fixture.tab.waitForResponse((response) => response.request().method() === 'POST')
      await submit(fixture, `${fixture.site.origin(places.to)}/action`)
      await answered
      return fixture.site.received('/action')[0]?.site
    }
    expect(await said(crossSite)).toBe('cross-site')
    expect(await said(plainCrossSite)).toBeUndefined()
  })
})

describe('resource isolation', () => {
  const isolation = (): CsrfOptions => ({ resourceIsolation: { except: '/public/*' } })

  it.each<[string, Places, Start, string, boolean]>([
    ['an image of the own page', sameOrigin, ({ tab }, url) => call(tab, 'embed', 'img', url), '/data', true],
    ['an image of another site', crossSite, ({ tab }, url) => call(tab, 'embed', 'img', url), '/data', false],
    ['a public one', crossSite, ({ tab }, url) => call(tab, 'embed', 'img', url), '/public/data', true],
    ['a script', crossSite, ({ tab }, url) => call(tab, 'embed', 'script', url), '/data', false],
    ['an object', crossSite, ({ tab }, url) => call(tab, 'embed', 'object', url), '/data', false],
    [
      'a blind read',
      crossSite,
      ({ tab }, url) => call(tab, 'read', url, { mode: 'no-cors' }),
      '/data',
      false,
    ],
    ['a frame', crossSite, ({ tab }, url) => addFrame(tab, url), '/data', true],
    ['a link', crossSite, followLink, '/data', true],
  ])('%s', async (_name, places, start, path, passes) => {
    const fixture = await setUp(places, isolation)
    await start(fixture, `${fixture.site.origin(places.to)}${path}`)
    expect(fixture.site.received(path).map(({ reachedApp }) => reachedApp)).toEqual([passes])
    expect(fixture.denied.map(({ reason }) => reason)).toEqual(passes ? [] : ['isolated'])
  })
})
