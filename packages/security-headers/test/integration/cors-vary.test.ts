import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCors, type CorsOptions } from '../../src/index.ts'

const app = 'https://app.example.com'

/** The `Vary` of what a handler answers to an origin. */
async function varyOf(
  options: Partial<CorsOptions>,
  answer: (response: ServerResponse) => unknown,
  origin = app,
): Promise<string | null> {
  const cors = createCors({ origin: app, ...options })
  const server = createServer((request, response) => {
    cors(request, response, () => {
      answer(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const { headers } = await fetch(`http://127.0.0.1:${String(port)}`, { headers: { origin } })
  return headers.get('vary')
}

describe('a Vary that a handler sets keeps Origin beside an allowed one', () => {
  it.each<[string, (response: ServerResponse) => unknown, string]>([
    ['nothing', (response) => response.end(), 'Origin'],
    ['setHeader', (response) => response.setHeader('Vary', 'Accept').end(), 'Accept, Origin'],
    [
      'setHeader with a list',
      (response) => response.setHeader('vary', ['Accept', 'Cookie']).end(),
      'Accept, Cookie, Origin',
    ],
    [
      'setHeader and flushHeaders',
      (response) => {
        response.setHeader('Vary', 'Accept').flushHeaders()
        response.end()
      },
      'Accept, Origin',
    ],
    [
      'removeHeader',
      (response) => {
        response.removeHeader('Vary')
        response.end()
      },
      'Origin',
    ],
    [
      'an object of writeHead',
      (response) => response.writeHead(200, { VARY: 'Accept' }).end(),
      'Accept, Origin',
    ],
    [
      'an object of writeHead after a phrase',
      (response) => response.writeHead(200, 'Fine', { vary: 'Accept' }).end(),
      'Accept, Origin',
    ],
    [
      'a list of writeHead',
      (response) => response.writeHead(200, ['X-A', '1', 'Vary', 'Accept']).end(),
      'Accept, Origin',
    ],
    [
      'several in a list of writeHead',
      (response) => response.writeHead(200, ['vary', 'Accept', 'Vary', 'Cookie']).end(),
      'Accept, Cookie, Origin',
    ],
    ['other fields of writeHead', (response) => response.writeHead(200, { 'X-A': '1' }).end(), 'Origin'],
    ['Vary: *', (response) => response.setHeader('Vary', '*').end(), '*'],
    [
      'Origin in another case',
      (response) => response.setHeader('Vary', 'ORIGIN, Accept').end(),
      'ORIGIN, Accept',
    ],
    [
      'no permission any more',
      (response) => {
        response.removeHeader('access-control-allow-origin')
        response.setHeader('Vary', 'Accept').end()
      },
      'Accept',
    ],
    [
      'a permission for everybody',
      (response) => response.writeHead(200, { 'Access-Control-Allow-Origin': '*', Vary: 'Accept' }).end(),
      'Accept',
    ],
  ])('%s', async (_name, answer, expected) => {
    expect(await varyOf({}, answer)).toBe(expected)
  })

  it('and what an origin function reads', async () => {
    const options: Partial<CorsOptions> = {
      origin: { check: (_origin, { headers }) => headers['x-tenant'] === undefined },
      vary: ['X-Tenant'],
    }
    expect(await varyOf(options, (response) => response.end())).toBe('Origin, X-Tenant')
    expect(await varyOf(options, (response) => response.setHeader('Vary', 'Accept').end())).toBe(
      'Accept, Origin, X-Tenant',
    )
    expect(await varyOf(options, (response) => response.end(), 'null')).toBe('Origin, X-Tenant')
  })
})
