import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { exchange } from '../../test/support/exchange.ts'
import { nonce } from '../csp/nonce.ts'
import { createSecurityHeaders } from '../headers/security-headers.ts'
import { cspHashes } from './csp-hashes.ts'
import { createIndexPage } from './index-page.ts'

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('cspHashes', () => {
  it.each<[string, string[], string[]]>([
    ['<p>nothing</p>', [], []],
    ['<script>start()</script>', [hash('start()')], []],
    ['<SCRIPT type="module">start()</SCRIPT >', [hash('start()')], []],
    ['<script src="/a.js"></script>', [], []],
    ['<script data-src="x">a</script>', [hash('a')], []],
    ['<script data-a="x > y">a</script>', [hash('a')], []],
    ['<script>a</script><script>a</script><script>b</script>', [hash('a'), hash('b')], []],
    ['<script>a\r\nb</script>', [hash('a\nb')], []],
    ['<script>"<script>"</script>', [hash('"<script>"')], []],
    ['<!-- <script>a</script> --><style>b</style>', [], [hash('b')]],
    ['<scripts>a</scripts>', [], []],
  ])('%j', (html, scriptSrc, styleSrc) => {
    expect(cspHashes(html)).toEqual({ scriptSrc, styleSrc })
  })
})

describe('createIndexPage', () => {
  const html = `<!doctype html><link rel="modulepreload" href="/b.js"><script type="module" src="/a.js"></script>
<script nonce="own">'<script>'</script><!-- <script></script> --><style>b</style>`

  it('puts the nonce of the response into what needs one', async () => {
    const headers = createSecurityHeaders({ preset: 'strict' })
    const page = createIndexPage(html)
    const answer = await exchange((request, response, next) => {
      headers(request, response, () => {
        page(request, response, next)
      })
    })
    const value = nonce(answer.response) ?? 'none'
    expect(answer.body).toBe(
      html
        .replace('<link', `<link nonce="${value}"`)
        .replace('<script type', `<script nonce="${value}" type`)
        .replace('<style', `<style nonce="${value}"`),
    )
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(answer.body),
    })
  })

  it('answers HEAD without a body, a response without nonce with the page, and nothing else', async () => {
    const page = createIndexPage(html)
    expect(await exchange(page, { method: 'HEAD' })).toMatchObject({ passed: false, body: '' })
    expect(await exchange(page)).toMatchObject({ passed: false, body: html })
    expect(await exchange(page, { method: 'POST' })).toMatchObject({ passed: true })
  })
})
