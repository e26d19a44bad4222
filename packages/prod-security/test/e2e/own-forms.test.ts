/** What a real browser makes of the security headers, CORS and CSRF protection together. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createTestCertificate, launchChromium, type TestCertificate } from '@alfred/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type AlfredConfig, alfredHardening } from '../../src/index.ts'

let browser: Awaited<ReturnType<typeof launchChromium>>
let tab: Awaited<ReturnType<typeof browser.newPage>>
let certificate: TestCertificate

beforeAll(async () => {
  certificate = await createTestCertificate(['tls.alfred.test'])
  browser = await launchChromium({
    args: [
      '--host-resolver-rules=MAP *.test 127.0.0.1, MAP localhost 127.0.0.1',
      `--ignore-certificate-errors-spki-list=${certificate.publicKeyHash}`,
    ],
  })
})
afterAll(() => browser.close())
// A tab that is still on its way somewhere would interrupt the next test.
beforeEach(async () => {
  tab = await browser.newPage()
})
afterEach(() => tab.context().close())

/** A host that the browser resolves to this machine; `tls.alfred.test` is served over TLS. */
type Name = 'localhost' | 'app.alfred.test' | 'other.alfred.test' | 'evil.test' | 'tls.alfred.test'

async function serve(listener: RequestListener, name: Name): Promise<string> {
  const tls = name === 'tls.alfred.test'
  const server = tls ? createTlsServer(certificate, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return `${tls ? 'https' : 'http'}://${name}:${String(address.port)}`
}

/** A guarded application with a form on `/form` that is sent to `/action`. */
async function serveApp(config: AlfredConfig, name: Name) {
  const denied: string[] = []
  const sent: (string | undefined)[] = []
  // Of the server: a browser hides answers that it does not let a page see.
  let answered: (status: number) => void = () => undefined
  const status = new Promise<number>((resolve) => (answered = resolve))
  const guard = alfredHardening({
    rateLimit: false,
    health: false,
    metrics: false,
    bodyGuard: { skip: '/action' },
    ...config,
  })
  guard.events.on('csrf.denied', ({ reason }) => denied.push(reason))
  onTestFinished(() => guard.close())
  const origin = await serve((request, response) => {
    if (request.method === 'POST') {
      sent.push(request.headers.origin)
      response.on('finish', () => {
        answered(response.statusCode)
      })
    }
    guard(request, response, () => {
      response.setHeader('Content-Type', 'text/html')
      response.end(
        '<!doctype html><form method="post" action="/action"><button name="b">send</button></form>',
      )
    })
  }, name)
  return { origin, denied, sent, status }
}

const headers = {
  'the defaults': true,
  'preset api': { preset: 'api' },
  'preset spa': { preset: 'spa' },
  'preset strict': { preset: 'strict' },
} as const satisfies Readonly<Record<string, AlfredConfig['headers']>>
const names = ['app.alfred.test', 'localhost', 'tls.alfred.test'] as const

describe.each(Object.entries(headers))('with %s', (_what, config) => {
  it.each(names)('the own form of %s arrives', async (name) => {
    const app = await serveApp({ headers: config }, name)
    await tab.goto(`${app.origin}/form`)
    await tab.click('button')
    expect(await app.status).toBe(200)
    expect(app).toMatchObject({ denied: [], sent: [app.origin] })
  })
})

it('a form that hides its origin is refused where the browser says nothing else', async () => {
  const app = await serveApp({ headers: { referrerPolicy: { policy: 'no-referrer' } } }, 'app.alfred.test')
  await tab.goto(`${app.origin}/form`)
  await tab.click('button')
  expect(await app.status).toBe(403)
  expect(app).toMatchObject({ denied: ['origin-mismatch'], sent: ['null'] })
})

describe.each(names)('what other sites send to %s is refused', (name) => {
  const selfSending = (action: string): string =>
    `<form method=post action="${action}"></form><script>document.forms[0].submit()</script>`

  it.each<[string, (action: string) => string]>([
    ['a form', selfSending],
    [
      'a form of a sandboxed frame',
      (action) =>
        `<iframe sandbox="allow-scripts allow-forms" srcdoc="${selfSending(action).replaceAll('"', "'")}"></iframe>`,
    ],
    [
      'a form of a data: URL',
      (action) => `<iframe src="data:text/html,${encodeURIComponent(selfSending(action))}"></iframe>`,
    ],
    ['a form by way of a redirect', () => selfSending('/redirect')],
  ])('%s', async (_what, pageOf) => {
    const app = await serveApp({}, name)
    const action = `${app.origin}/action`
    const evil = await serve((request, response) => {
      if (request.url === '/redirect') {
        response.writeHead(307, { Location: action }).end()
        return
      }
      response.setHeader('Content-Type', 'text/html')
      response.end(`<!doctype html>${pageOf(action)}`)
    }, 'evil.test')
    await tab.goto(evil, { waitUntil: 'commit' })
    expect(await app.status).toBe(403)
    expect(app.denied).toHaveLength(1)
  })
})

describe('a page of another origin, where CORS allows it without credentials', () => {
  it.each<[string, Name, AlfredConfig['cors'], RequestInit, number]>([
    ['* and JSON', 'evil.test', { origin: '*' }, { headers: { 'Content-Type': 'application/json' } }, 200],
    [
      'a function and JSON',
      'evil.test',
      { origin: () => true },
      { headers: { 'Content-Type': 'application/json' } },
      200,
    ],
    // Over plain HTTP nothing tells it from a form.
    ['* and text, from the same site', 'other.alfred.test', { origin: '*' }, {}, 403],
    ['* and text with cookies', 'other.alfred.test', { origin: '*' }, { credentials: 'include' }, 403],
    [
      'a function and text with cookies',
      'other.alfred.test',
      { origin: () => true },
      { credentials: 'include' },
      403,
    ],
    [
      'a blind request with cookies',
      'other.alfred.test',
      { origin: '*' },
      { credentials: 'include', mode: 'no-cors' },
      403,
    ],
  ])('%s', async (_what, from, cors, init, expected) => {
    const app = await serveApp({ cors }, 'app.alfred.test')
    await tab.context().addCookies([{ name: 'session', value: '1', url: app.origin, sameSite: 'Lax' }])
    const page = await serve((_request, response) => {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html>')
    }, from)
    await tab.goto(page)
    const call = `fetch(${JSON.stringify(`${app.origin}/action`)}, ${JSON.stringify({ method: 'POST', body: '{}', ...init })}).catch(() => undefined)`
    await tab.evaluate(call)
    expect(await app.status).toBe(expected)
    expect(app.denied).toEqual(
      expected === 200 ? [] : [expect.stringMatching(/^(credentials|origin-mismatch)$/)],
    )
  })
})
