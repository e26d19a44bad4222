import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A document to visit: HTML as it is parsed, and HTML that a script puts into elements. */
export interface XssDocument {
  readonly id: string
  readonly markup: string
  readonly inserted?: readonly string[] | undefined
}

/** A site on this machine that says of each document whether a script ran in it. */
export interface XssSite {
  readonly origin: string
  /** @returns the path of the document */
  add(document: XssDocument): string
  /** The ids of documents whose policy was violated, as the browser reported it. */
  readonly reported: ReadonlySet<string>
  clear(): void
  close(): Promise<void>
}

const nonce = 'of-the-harness'

/** JSON that may stand in a script element. */
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')

/**
 * Two witnesses: the functions that payloads call, and a policy in report-only mode under which every other
 * script, handler or javascript: URL is a violation. It reports, and lets it run.
 */
const prelude = (id: string): string => `<script nonce="${nonce}">
{
  const tell = () => parent.hit?.(${inScript(id)})
  for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = tell
  addEventListener('securitypolicyviolation', (event) => {
    if (/^script-src/.test(event.effectiveDirective)) tell()
  }, true)
}
</script>`

/** Puts HTML into elements, then what came of it once more: the way of mutation XSS; and by way of a template. */
const inserter = (outputs: readonly string[]): string => `<script nonce="${nonce}">
for (const html of ${inScript(outputs)}) {
  const first = document.body.appendChild(document.createElement('div'))
  first.innerHTML = html
  const second = document.body.appendChild(document.createElement('div'))
  second.innerHTML = first.innerHTML
  const template = document.createElement('template')
  template.innerHTML = html
  document.body.append(document.importNode(template.content, true))
}
</script>`

export async function startXssSite(): Promise<XssSite> {
  const runner = await readFile(new URL('./runner.js', import.meta.url), 'utf8')
  const documents = new Map<string, XssDocument>()
  const reported = new Set<string>()
  let count = 0
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const [, kind, key = ''] = path.split('/')
    if (kind === 'report') {
      reported.add(decodeURIComponent(key))
      request.resume()
      response.writeHead(204).end()
      return
    }
    const html = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
    if (path === '/') {
      response
        .writeHead(200, html)
        .end('<!doctype html><title>runner</title><body><script src="/runner.js"></script>')
      return
    }
    if (path === '/runner.js') {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(runner)
      return
    }
    const found = kind === 'document' ? documents.get(key) : undefined
    if (!found) {
      response.writeHead(404).end()
      return
    }
    response
      .writeHead(200, {
        ...html,
        'content-security-policy-report-only': `script-src 'nonce-${nonce}'; report-uri /report/${encodeURIComponent(found.id)}`,
      })
      .end(
        `<!doctype html><title>x</title><body>${prelude(found.id)}${found.inserted ? inserter(found.inserted) : ''}${found.markup}`,
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    add(document) {
      const key = String(++count)
      documents.set(key, document)
      return `/document/${key}`
    },
    reported,
    clear() {
      documents.clear()
      reported.clear()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
