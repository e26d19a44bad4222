import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { alfredHardening } from './alfred-hardening.ts'

type Plan = (response: ServerResponse) => void
type Guard = ReturnType<typeof alfredHardening>

let close: (() => void) | undefined
afterEach(() => close?.())

/** Applications whose handler plans an answer and fails before it sends one. */
const applications: readonly [string, (guard: Guard, plan: Plan) => RequestListener][] = [
  [
    'Express 5',
    (guard, plan) =>
      express()
        .use(guard)
        .get('/', (_request, response) => {
          plan(response)
          throw new Error('failed')
        })
        .use(guard.errorHandler),
  ],
  [
    'Express 4',
    (guard, plan) =>
      express4()
        .use(guard)
        .get('/', (_request, response) => {
          plan(response)
          throw new Error('failed')
        })
        .use(guard.errorHandler),
  ],
  [
    'node:http',
    (guard, plan) => (request, response) => {
      guard(request, response, () => {
        plan(response)
        guard.errorHandler(new Error('failed'), request, response, () => undefined)
      })
    },
  ],
]

const field =
  (name: string, value: string): Plan =>
  (response) => {
    response.setHeader(name, value)
  }

const plans: readonly [string, Plan][] = [
  ['trailer', field('Trailer', 'X-Sum')],
  ['transfer-encoding', field('Transfer-Encoding', 'gzip, chunked')],
  ['content-encoding', field('Content-Encoding', 'br')],
  ['content-language', field('Content-Language', 'de')],
  ['content-digest', field('Content-Digest', 'sha-256=:eA==:')],
  ['accept-ranges', field('Accept-Ranges', 'bytes')],
  ['expires', field('Expires', 'Fri, 01 Jan 2100 00:00:00 GMT')],
  ['cdn-cache-control', field('CDN-Cache-Control', 'max-age=3600')],
  ['surrogate-control', field('Surrogate-Control', 'max-age=3600')],
  ['x-accel-redirect', field('X-Accel-Redirect', '/files/a')],
]

const phrases: readonly string[] = ['All is well', 'na\u0131ve']

describe.each(applications)('%s: an answer that was planned before the error', (_name, application) => {
  async function ask(plan: Plan): Promise<Response> {
    const guard = alfredHardening()
    const server = createServer(application(guard, plan)).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    close = () => {
      server.close()
      void guard.close()
    }
    return fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`)
  }

  it.each(plans)('does not leave %s', async (name, plan) => {
    const answer = await ask(plan)
    expect(answer.status).toBe(500)
    expect(answer.headers.has(name)).toBe(false)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.has('content-security-policy')).toBe(true)
    expect(await answer.json()).toMatchObject({ status: 500 })
  })

  it.each(phrases)('does not leave the reason phrase %j', async (phrase) => {
    const answer = await ask((response) => {
      response.statusMessage = phrase
    })
    expect([answer.status, answer.statusText]).toEqual([500, 'Internal Server Error'])
  })
})

it('accepts a CSP report where a layer in front planned trailers', async () => {
  const guard = alfredHardening({ cspReports: true, rateLimit: false, health: false })
  const server = createServer((request, response) => {
    response.setHeader('Trailer', 'X-Sum')
    guard(request, response, () => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close = () => server.close()
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${String(port)}/csp-reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/reports+json' },
    body: '[]',
  })
  expect(response.status).toBe(204)
  await guard.close()
})
