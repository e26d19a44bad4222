import { describe, expect, it } from 'vitest'
import { createSecurityHeaders, type SecurityHeadersOptions } from '../../src/index.ts'
import { addFrame, call, openTab } from './browser.ts'
import { emptyPage, type Site, startSite } from './site.ts'

/** Where the embedding page is: on the site itself, on another port of its host, or on another site. */
type Embedder = 'own' | 'neighbour' | 'stranger'

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'

async function setUp(embedder: Embedder, options: (partner: string) => SecurityHeadersOptions) {
  const pages = await startSite()
  const partner = pages.origin(embedder === 'stranger' ? '127.0.0.1' : 'localhost')
  const site: Site = await startSite({
    layers: [createSecurityHeaders(options(partner))],
    app: (request, response) => {
      const image = request.url === '/image'
      response.setHeader('content-type', image ? 'image/svg+xml' : 'text/html')
      response.end(image ? svg : emptyPage)
    },
  })
  const origin = site.origin('localhost')
  const tab = await openTab(embedder === 'own' ? origin : partner)
  return { tab, origin }
}

const defaults = (): SecurityHeadersOptions => ({})
const framedBy = (partner: string): SecurityHeadersOptions => ({
  xFrameOptions: false,
  contentSecurityPolicy: { directives: { frameAncestors: [partner] } },
})
const frameOptions = (action: 'deny' | 'sameorigin') => (): SecurityHeadersOptions => ({
  contentSecurityPolicy: false,
  xFrameOptions: { action },
})
const widget = (partner: string): SecurityHeadersOptions => ({
  preset: 'strict',
  overrides: [{ path: '/widget', ...framedBy(partner), crossOriginEmbedderPolicy: false }],
})

describe('frames', () => {
  it.each<[string, Embedder, (partner: string) => SecurityHeadersOptions, string, boolean]>([
    ['defaults', 'own', defaults, '/', true],
    ['defaults', 'neighbour', defaults, '/', false],
    ['defaults', 'stranger', defaults, '/', false],
    ['spa', 'stranger', () => ({ preset: 'spa' }), '/', false],
    ['api', 'stranger', () => ({ preset: 'api' }), '/', false],
    ['X-Frame-Options alone, same origin', 'own', frameOptions('sameorigin'), '/', true],
    ['X-Frame-Options alone, same origin', 'neighbour', frameOptions('sameorigin'), '/', false],
    ['X-Frame-Options alone, deny', 'own', frameOptions('deny'), '/', false],
    ['frame-ancestors names the page', 'stranger', framedBy, '/', true],
    ['frame-ancestors names another', 'stranger', () => framedBy('https://partner.example'), '/', false],
    ['strict, with a widget for the page', 'stranger', widget, '/widget', true],
    ['strict, beside the widget', 'stranger', widget, '/', false],
  ])('%s: %s', async (_name, embedder, options, path, shown) => {
    const { tab, origin } = await setUp(embedder, options)
    const frame = await addFrame(tab, origin + path)
    await expect.poll(() => frame.url()).toBe(shown ? origin + path : 'chrome-error://chromewebdata/')
  })
})

describe('images', () => {
  const policy = (name: 'same-origin' | 'same-site' | 'cross-origin') => (): SecurityHeadersOptions => ({
    crossOriginResourcePolicy: { policy: name },
  })

  it.each<[string, Embedder, () => SecurityHeadersOptions, 'load' | 'error']>([
    ['defaults', 'own', defaults, 'load'],
    ['defaults', 'neighbour', defaults, 'error'],
    ['same-site', 'neighbour', policy('same-site'), 'load'],
    ['same-site', 'stranger', policy('same-site'), 'error'],
    ['cross-origin', 'stranger', policy('cross-origin'), 'load'],
  ])('%s: %s', async (_name, embedder, options, expected) => {
    const { tab, origin } = await setUp(embedder, options)
    expect(await call(tab, 'embed', 'img', `${origin}/image`)).toBe(expected)
  })
})

it.each([
  ['spa', false],
  ['strict', true],
] as const)('%s isolates the page from other origins: %s', async (preset, isolated) => {
  const { tab } = await setUp('own', () => ({ preset }))
  expect(await tab.evaluate('globalThis.crossOriginIsolated')).toBe(isolated)
})
