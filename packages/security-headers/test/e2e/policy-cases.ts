import type { IncomingMessage, ServerResponse } from 'node:http'
import { problemType, sendProblem } from '@alfred/core'
import express, { type NextFunction, type Request, type Response } from 'express'
import { describe, expect, it } from 'vitest'
import {
  createIndexPage,
  createSecurityHeaders,
  cspHashes,
  nonce,
  type SecurityHeadersOptions,
} from '../../src/index.ts'
import { call, openTab, serverCertificate, type Tab } from './browser.ts'
import { type Site, startSite } from './site.ts'

/** What somebody else got into a page; each leaves its name in `ran` where it runs. */
const attacks: Readonly<Record<string, (otherSite: string) => string>> = {
  'inline script': () => `<script>ran.push('inline script')</script>`,
  'script with a guessed nonce': () =>
    `<script nonce="AAAAAAAAAAAAAAAAAAAAAA==">ran.push('script with a guessed nonce')</script>`,
  'uploaded file': () => `<script src="/uploaded%20file.js"></script>`,
  'file of another site': (site) => `<script src="${site}/file%20of%20another%20site.js"></script>`,
  'event handler': () => `<img src="data:," onerror="ran.push('event handler')">`,
  'javascript: link': () => `<a id="trap" href="javascript:void ran.push('javascript: link')">a link</a>`,
  'frame with its own document': () =>
    `<iframe srcdoc="<script>parent.ran.push('frame with its own document')</script>"></iframe>`,
}

/** A page whose own scripts have the nonce, and load another that has none; `injected` stands among them. */
function page(value: string, injected: string): string {
  return `<!doctype html><meta charset="utf-8"><body>
<script nonce="${value}" src="/page.js"></script>
<script nonce="${value}">
  ran.push('page')
  const child = document.createElement('script')
  child.src = trustedTypes.createPolicy('loader', { createScriptURL: (url) => url }).createScriptURL('/child.js')
  document.head.append(child)
</script>
${injected}
<script nonce="${value}">document.getElementById('trap')?.click()</script>`
}

/** Serves the page, and scripts that leave their names. */
const serve =
  (injected: string) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const script = /^\/(.+)\.js$/.exec(decodeURI(request.url ?? ''))?.[1]
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript')
    response.end(
      script === undefined ? page(nonce(response) ?? '', injected) : `ran.push(${JSON.stringify(script)})`,
    )
  }

async function openPage(
  options: SecurityHeadersOptions,
  injected = '',
): Promise<{ tab: Tab; site: Site; ran: () => Promise<string[]> }> {
  const site = await startSite({ layers: [createSecurityHeaders(options)], app: serve(injected) })
  const tab = await openTab(site.origin('localhost'))
  return { tab, site, ran: async () => (await tab.evaluate<string[]>('globalThis.ran')).sort() }
}

describe('scripts', () => {
  const own = ['child', 'page']
  it.each<[string, SecurityHeadersOptions, readonly string[]]>([
    ['spa', { preset: 'spa' }, own],
    ['strict', { preset: 'strict' }, own],
    [
      'no policy, to see that the attacks work',
      { contentSecurityPolicy: false },
      [...own, ...Object.keys(attacks)],
    ],
  ])('%s', async (_name, options, expected) => {
    // Files of other sites stay readable, so that the policy alone decides.
    const open = createSecurityHeaders({ crossOriginResourcePolicy: { policy: 'cross-origin' } })
    const other = await startSite({ layers: [open], app: serve('') })
    const injected = Object.values(attacks).map((attack) => attack(other.origin('127.0.0.1')))
    const { ran } = await openPage(options, injected.join('\n'))
    await expect.poll(ran).toEqual([...expected].sort())
  })

  it('none at all run in what an API answers', async () => {
    const { ran } = await openPage({ preset: 'api' }, `<script>globalThis.ran = ['injected']</script>`)
    await expect(ran()).rejects.toThrow()
  })

  it('are not loaded from where an injected base points', async () => {
    const other = await startSite({ app: serve('') })
    const injected = `<base href="${other.origin('127.0.0.1')}/">`
    const { ran } = await openPage({ preset: 'spa' }, injected)
    await expect.poll(ran).toEqual(['child', 'page'])
    expect(other.received('/child.js')).toEqual([])
  })
})

describe('a function of the policy that fails', () => {
  const inline = '<!doctype html><script>globalThis.ran = true</script>'
  const attackers = `<!doctype html><script nonce="AAAA">globalThis.ran = true</script>`
  const ownNonce = "'nonce-AAAA'"
  it.each<[string, () => string, string, boolean]>([
    ['none: the inline script runs', () => "'self'", inline, true],
    [
      'it throws',
      () => {
        throw new Error('down')
      },
      inline,
      false,
    ],
    ['it returns undefined', () => undefined as unknown as string, inline, false],
    [
      'it makes a nonce of undefined',
      () => "'nonce-undefined'",
      inline.replace('<script', '<script nonce="undefined"'),
      false,
    ],
    ['it returns a fixed nonce, on the second answer', () => ownNonce, attackers, false],
  ])('%s', async (_name, source, html, runs) => {
    const directives = { scriptSrc: ["'unsafe-inline'", source] }
    const site = await startSite({
      layers: [createSecurityHeaders({ contentSecurityPolicy: { directives } })],
      app: (_request, response) => {
        response.setHeader('content-type', 'text/html')
        response.end(html)
      },
    })
    const tab = await openTab(site.origin('localhost'))
    await tab.goto(`${site.origin('localhost')}/again`)
    expect(await tab.evaluate('globalThis.ran === true')).toBe(runs)
  })
})

it('a page from the browser’s cache runs its scripts after a 304', async () => {
  const statuses: number[] = []
  const site = await startSite({
    layers: [createSecurityHeaders({ preset: 'spa' })],
    app: (request, response) => {
      response
        .setHeader('cache-control', 'no-cache')
        .setHeader('etag', '"1"')
        .setHeader('content-type', 'text/html')
      response.statusCode = request.headers['if-none-match'] === '"1"' ? 304 : 200
      if (request.url === '/') statuses.push(response.statusCode)
      response.end(`<script nonce="${nonce(response) ?? ''}">globalThis.ran = true</script>`)
    },
  })
  const tab = await openTab(site.origin('localhost'))
  expect(await tab.evaluate('globalThis.ran')).toBe(true)
  await tab.goto('about:blank')
  await tab.goto(site.origin('localhost'))
  expect(statuses).toEqual([200, 304])
  expect(await tab.evaluate('globalThis.ran')).toBe(true)
})

describe('a page that a bundler wrote', () => {
  // What `vite build` writes: a module with crossorigin, a preload and a stylesheet; the inline ones are the author's.
  const html = `<!doctype html><html><head><meta charset="utf-8">
<script type="module" crossorigin src="/assets/index-Dk3x.js"></script>
<link rel="modulepreload" crossorigin href="/assets/vendor-B1a2.js">
<link rel="stylesheet" crossorigin href="/assets/index-C9f0.css">
<script>document.documentElement.dataset.theme = 'dark'</script>
<style>html { --inline: 1 }</style></head><body></body></html>`
  const injected = '<script>globalThis.injected = true</script></body>'
  const files: Readonly<Record<string, readonly [string, string]>> = {
    '/assets/index-Dk3x.js': [
      'text/javascript',
      `import { ran } from './vendor-B1a2.js'; globalThis.ran = ran`,
    ],
    '/assets/vendor-B1a2.js': ['text/javascript', 'export const ran = true'],
    '/assets/index-C9f0.css': ['text/css', 'html { --file: 1 }'],
  }
  const { scriptSrc, styleSrc } = cspHashes(html)
  const hashed: SecurityHeadersOptions = {
    preset: 'static',
    contentSecurityPolicy: {
      directives: { scriptSrc: ["'self'", ...scriptSrc], styleSrc: ["'self'", ...styleSrc] },
    },
  }

  it.each<[string, SecurityHeadersOptions, 'file' | 'index page', readonly unknown[]]>([
    ['static, as a file', { preset: 'static' }, 'file', [true, undefined, '1', '', undefined]],
    ['static, with hashes', hashed, 'file', [true, 'dark', '1', '1', undefined]],
    ['spa, as a file', { preset: 'spa' }, 'file', [undefined, undefined, '1', '1', undefined]],
    ['spa, with the nonce put in', { preset: 'spa' }, 'index page', [true, 'dark', '1', '1', true]],
    ['strict, with the nonce put in', { preset: 'strict' }, 'index page', [true, 'dark', '1', '1', true]],
  ])('%s', async (_name, options, by, expected) => {
    // The index page is one file: what stands in it is meant. Only a file of hashes can tell an injected script.
    const page = html.replace('</body>', injected)
    const index = createIndexPage(page)
    const site = await startSite({
      layers: [createSecurityHeaders(options)],
      app: (request, response) => {
        const file = files[request.url ?? '']
        if (!file && by === 'index page') index(request, response, () => response.end())
        else {
          const [type, body] = file ?? ['text/html', page]
          response.setHeader('content-type', type)
          response.end(body)
        }
      },
    })
    const tab = await openTab(site.origin('localhost'))
    const seen = `[globalThis.ran, document.documentElement.dataset.theme,
      ...['--file', '--inline'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name)),
      globalThis.injected]`
    expect(await tab.evaluate(seen)).toEqual(expected)
  })
})

describe('what a script that got in may do', () => {
  it.each([
    ['no policy', { contentSecurityPolicy: false }, true],
    ['spa', { preset: 'spa' }, true],
    ['strict', { preset: 'strict' }, false],
  ] as const)('make elements of text: %s', async (_name, options, works) => {
    const { tab } = await openPage(options)
    const made = `(() => { try { document.body.innerHTML = '<b>text</b>'; return true } catch { return false } })()`
    expect(await tab.evaluate(made)).toBe(works)
  })

  it.each([
    ['no policy', { contentSecurityPolicy: false }, ['/fetched', '/image']],
    ['spa', { preset: 'spa' }, []],
    ['strict', { preset: 'strict' }, []],
  ] as const)('send what it found elsewhere: %s', async (_name, options, expected) => {
    const elsewhere = await startSite()
    const { tab } = await openPage(options)
    const to = elsewhere.origin('127.0.0.1')
    await call(tab, 'read', `${to}/fetched`, { mode: 'no-cors' })
    await call(tab, 'embed', 'img', `${to}/image`)
    await call(tab, 'submitForm', `${to}/form`)
    const arrived = ['/fetched', '/image'].filter((path) => elsewhere.received(path).length > 0)
    expect(arrived).toEqual(expected)
    if (expected.length === 0) {
      const violated = `violations.map((violation) => violation.split(' ')[0])`
      await expect.poll(() => tab.evaluate(violated)).toEqual(['connect-src', 'img-src', 'form-action'])
      expect(elsewhere.received('/form')).toEqual([])
    } else await tab.waitForURL(`${to}/form`)
  })
})

it.each([
  ['spa', ['own', 'injected']],
  ['strict', ['own']],
] as const)('styles of %s', async (preset, expected) => {
  const site = await startSite({
    layers: [createSecurityHeaders({ preset })],
    app: (_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<style nonce="${nonce(response) ?? ''}">html { --own: 1 }</style>
<style>html { --injected: 1 }</style>`)
    },
  })
  const tab = await openTab(site.origin('localhost'))
  const applied = `['own', 'injected'].filter((name) =>
    getComputedStyle(document.documentElement).getPropertyValue('--' + name) !== '')`
  expect(await tab.evaluate(applied)).toEqual(expected)
})

it('pages over plain HTTP keep loading over plain HTTP', async () => {
  const site = await startSite({ layers: [createSecurityHeaders({ preset: 'spa' })], app: serve('') })
  const tab = await openTab(site.origin('app.alfred.test'))
  await expect.poll(() => tab.evaluate('globalThis.ran')).toEqual(['page', 'child'])
})

it('one answer over TLS, and the browser asks over TLS alone', async () => {
  const layers = [createSecurityHeaders({ preset: 'spa' })]
  const site = await startSite({ layers, app: serve(''), tls: serverCertificate() })
  const origin = site.origin('tls.alfred.test')
  const tab = await openTab(origin)
  await tab.goto(origin.replace('https:', 'http:'))
  expect(tab.url()).toBe(`${origin}/`)
})

describe('errors raised later', () => {
  const message = `<script>ran.push('injected')</script>`

  /** An Express 5 app that fails, with what answers its errors. */
  async function openFailure(answer?: (response: Response, request: Request, error: Error) => void) {
    const app = express().use(createSecurityHeaders({ preset: 'spa' }))
    app.get('/', (_request, response) => {
      response.type('html').send(page(nonce(response) ?? '', ''))
    })
    app.get('/fails', async () => {
      await Promise.resolve()
      throw new Error(message)
    })
    if (answer) {
      app.use((error: Error, request: Request, response: Response, _next: NextFunction) => {
        answer(response, request, error)
      })
    }
    const site = await startSite({
      app: (request, response) => {
        app(request, response)
      },
    })
    const tab = await openTab(site.origin('localhost'))
    const answered = await tab.goto(`${site.origin('localhost')}/fails`)
    return { tab, status: answered?.status(), policy: answered?.headers()['content-security-policy'] }
  }

  it('keep the policy as a problem', async () => {
    const { status, policy } = await openFailure((response, request) => {
      sendProblem(request, response, {
        type: problemType('internal-error'),
        status: 500,
        title: 'Internal error',
      })
    })
    expect(status).toBe(500)
    expect(policy).toMatch(/script-src 'nonce-[^']+' 'strict-dynamic'/)
  })

  it('keep the policy as a page, whose own scripts still run', async () => {
    const { tab, status } = await openFailure((response, _request, error) => {
      response
        .status(500)
        .type('html')
        .send(page(nonce(response) ?? '', error.message))
    })
    expect(status).toBe(500)
    await expect.poll(() => tab.evaluate('globalThis.ran')).toEqual(['page'])
  })
})
