import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '@alfred/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nonce } from '../csp/nonce.ts'
import { createSecurityHeaders } from './security-headers.ts'
import type { SecurityHeadersOptions } from './security-headers-options.ts'

type Answer = (response: ServerResponse) => unknown

const ownNonce: SecurityHeadersOptions = {
  contentSecurityPolicy: { directives: { scriptSrc: ["'nonce'"] } },
  contentSecurityPolicyReportOnly: {},
}
let made = 0
const functionNonce: SecurityHeadersOptions = {
  contentSecurityPolicy: {
    directives: { scriptSrc: [() => `'nonce-${String((made += 1)).padStart(22, '0')}'`] },
  },
}

/** Answers two requests on a real server; the last answer, and how often the logger was warned. */
async function send(options: SecurityHeadersOptions, answer: Answer) {
  let warnings = 0
  const ignore = (): void => undefined
  const logger: Logger = { debug: ignore, info: ignore, warn: () => (warnings += 1), error: ignore }
  const headers = createSecurityHeaders({ ...options, logger })
  const server = createServer((incoming, response) => {
    headers(incoming, response, () => {
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const get = (): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1' }, (incoming) => {
        incoming.resume().once('end', () => {
          resolve(incoming)
        })
      })
        .once('error', reject)
        .end()
    })
  await get()
  const { statusCode, headers: sent } = await get()
  return { status: statusCode, sent, warnings }
}

describe('a 304', () => {
  it.each<[string, Answer]>([
    ['by statusCode', (response) => Object.assign(response, { statusCode: 304 }).end()],
    ['by writeHead', (response) => response.writeHead(304).end()],
    [
      'by writeHead with fields',
      (response) => response.writeHead(304, 'Not Modified', { ETag: '"a"' }).end(),
    ],
    [
      'by flushHeaders',
      (response) => {
        response.statusCode = 304
        response.flushHeaders()
        response.end()
      },
    ],
  ])('%s carries no policy that differs each time', async (_name, answer) => {
    for (const options of [ownNonce, functionNonce]) {
      const { status, sent } = await send(options, answer)
      expect(status).toBe(304)
      expect(Object.keys(sent).filter((name) => name.startsWith('content-security-policy'))).toEqual([])
      expect(sent['x-content-type-options']).toBe('nosniff')
    }
  })

  it('carries a policy that is always the same, and the policy a handler writes', async () => {
    const { sent } = await send({}, (response) => response.writeHead(304).end())
    expect(sent['content-security-policy']).toContain("default-src 'self'")
    const own = await send(ownNonce, (response) =>
      response.writeHead(304, { 'Content-Security-Policy': "default-src 'none'" }).end(),
    )
    expect(own.sent['content-security-policy']).toBe("default-src 'none'")
  })
})

describe('a nonce in caches is logged once', () => {
  const page: Answer = (response) => response.end(`<script nonce="${nonce(response) ?? ''}"></script>`)
  const html = { 'Content-Type': 'text/html; charset=utf-8' }
  it.each<[string, SecurityHeadersOptions, Answer, number]>([
    ['private by itself', ownNonce, page, 0],
    [
      'public before',
      ownNonce,
      (response) => page(response.setHeader('Cache-Control', 'public, max-age=60')),
      1,
    ],
    [
      'public after',
      ownNonce,
      (response) => {
        const value = nonce(response) ?? ''
        response.setHeader('cache-control', 'max-age=1, public').end(value)
      },
      1,
    ],
    [
      'public in writeHead',
      ownNonce,
      (response) => {
        const value = nonce(response) ?? ''
        response.writeHead(200, { ...html, 'CACHE-CONTROL': ['public', 'max-age=1'] }).end(value)
      },
      1,
    ],
    [
      'public in a list of writeHead',
      ownNonce,
      (response) => {
        const value = nonce(response) ?? ''
        response.writeHead(200, ['Cache-Control', 'public']).end(value)
      },
      1,
    ],
    ['s-maxage', ownNonce, (response) => page(response.setHeader('Cache-Control', 's-maxage=60')), 1],
    ['private', ownNonce, (response) => page(response.setHeader('Cache-Control', 'private, max-age=60')), 0],
    [
      'public, and the nonce not read',
      ownNonce,
      (response) => response.writeHead(200, { 'Cache-Control': 'public' }).end(),
      0,
    ],
    [
      'of a function, public page',
      functionNonce,
      (response) => response.writeHead(200, { ...html, 'Cache-Control': 'public' }).end(),
      1,
    ],
    [
      'of a function, public script',
      functionNonce,
      (response) => response.writeHead(200, { 'Cache-Control': 'public' }).end(),
      0,
    ],
    [
      'no nonce, public page',
      {},
      (response) => response.writeHead(200, { ...html, 'Cache-Control': 'public' }).end(),
      0,
    ],
  ])('%s', async (_name, options, answer, expected) => {
    expect((await send(options, answer)).warnings).toBe(expected)
  })
})
