import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { AlfredConfigError, compose, createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, listenOn } from '@alfred/testkit'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { createBodyGuard } from '../body/body-guard.ts'
import { createWebhookGuard } from './webhook-guard.ts'
import type { WebhookGuardOptions } from './webhook-guard-options.ts'

type Endpoint = WebhookGuardOptions['endpoints'][number]
type Headers = Record<string, string>

interface Started {
  readonly post: (path: string, headers: Headers, body?: string) => Promise<readonly [number, unknown]>
  readonly refused: unknown[]
}

/** A server that answers what its handler reads, at a time in seconds. */
async function start(endpoints: readonly Endpoint[], atS = 0, keepsBodies = true): Promise<Started> {
  const events = createEventBus(noopLogger)
  const refused: unknown[] = []
  events.on('validation.rejected', (event) => refused.push(event))
  const clock = createFakeClock(atS * 1000)
  const guard = compose([
    createBodyGuard({ rawBody: keepsBodies ? '/hooks' : '/elsewhere' }),
    createWebhookGuard({ endpoints, clock, events }),
  ])
  const server = createServer((request, response) => {
    guard(request, response, (error) => {
      response.statusCode = error === undefined ? 200 : 500
      void text(request).then((read) =>
        response.end(
          JSON.stringify(error === undefined ? read : error instanceof Error ? error.message : ''),
        ),
      )
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const port = await listenOn(server)
  return {
    refused,
    async post(path, headers, body) {
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        ...(body !== undefined && { body }),
      })
      return [response.status, await response.json()]
    },
  }
}

const path = '/hooks'

// The examples of the senders' own documentation.
it.each<[Endpoint, number, Headers, string]>([
  [
    { path, signature: 'github', secrets: ["It's a Secret to Everybody"] },
    0,
    {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      'content-type': 'text/plain',
    },
    'Hello, World!',
  ],
  [
    { path, signature: 'slack', secrets: ['8f742231b10e8888abcd99yyyzzz85a5'] },
    1_531_420_618,
    {
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
      'x-slack-request-timestamp': '1531420618',
      'content-type': 'application/x-www-form-urlencoded',
    },
    'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar' +
      '&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com' +
      '%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
  ],
  [
    { path, signature: 'standard-webhooks', secrets: ['whsec_plJ3nmyCDGBKInavdOK15jsl'] },
    1_731_705_121,
    {
      'webhook-id': 'msg_loFOjxBNrRLzqYUf',
      'webhook-timestamp': '1731705121',
      'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
      'content-type': 'application/json',
    },
    '{"event_type":"ping","data":{"success":true}}',
  ],
  [
    { path, signature: 'standard-webhooks', secrets: ['whsec_plJ3nmyCDGBKInavdOK15jsl'] },
    1_731_705_121,
    {
      'svix-id': 'msg_loFOjxBNrRLzqYUf',
      'svix-timestamp': '1731705121',
      'svix-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
      'content-type': 'application/json',
    },
    '{"event_type":"ping","data":{"success":true}}',
  ],
])(
  'lets the documented request of %j pass, and its handler read it',
  async (endpoint, atS, headers, body) => {
    const { post } = await start([endpoint], atS)
    expect(await post(path, headers, body)).toEqual([200, body])
    expect(await post(path, headers, `${body} `)).toMatchObject([401, { code: 'signature-invalid' }])
  },
)

it('takes no signature whose fields are of two senders', async () => {
  const endpoint: Endpoint = {
    path,
    signature: 'standard-webhooks',
    secrets: ['whsec_plJ3nmyCDGBKInavdOK15jsl'],
  }
  const { post } = await start([endpoint], 1_731_705_121)
  const headers = {
    'svix-id': 'msg_loFOjxBNrRLzqYUf',
    'svix-timestamp': '1731705121',
    'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
  }
  expect(await post(path, headers, '{"event_type":"ping","data":{"success":true}}')).toMatchObject([
    401,
    { code: 'signature-missing' },
  ])
})

const secret = 'whsec_stripe_0123456789'
const stripe: Endpoint = { path, signature: 'stripe', secrets: ['an-older-secret-of-ours', secret] }

const signed = (body: string, atS: number, key = secret): Headers => ({
  'content-type': 'application/json',
  'stripe-signature': `t=${String(atS)},v1=${createHmac('sha256', key)
    .update(`${String(atS)}.${body}`)
    .digest('hex')},v0=00`,
})

it.each<[string, Headers, number, string | undefined]>([
  ['either secret', signed('{}', 1000, 'an-older-secret-of-ours'), 1000, undefined],
  ['a time within the tolerance', signed('{}', 1000), 1300, undefined],
  ['a time before the tolerance', signed('{}', 1000), 1300.001, 'signature-stale'],
  ['a time after the tolerance', signed('{}', 1301), 1000, 'signature-stale'],
  ['a secret of somebody', signed('{}', 1000, 'a-secret-of-somebody'), 1000, 'signature-invalid'],
  ['another body', signed('{"a":1}', 1000), 1000, 'signature-invalid'],
  ['no signature', { 'content-type': 'application/json' }, 1000, 'signature-missing'],
  ['no time', { 'stripe-signature': `v1=${'0'.repeat(64)}` }, 1000, 'signature-missing'],
  ['two times', { 'stripe-signature': `t=1,t=1000,v1=${'0'.repeat(64)}` }, 1000, 'signature-missing'],
  ['a short signature', { 'stripe-signature': 't=1000,v1=00' }, 1000, 'signature-missing'],
])('answers a request of Stripe with %s', async (_what, headers, atS, code) => {
  const { post, refused } = await start([stripe], atS)
  const answer = await post(path, headers, '{}')
  expect(answer).toMatchObject(code === undefined ? [200, '{}'] : [401, { code }])
  expect(refused).toEqual(code === undefined ? [] : [{ status: 401, code }])
})

it('asks below its path, in every spelling, for every method, and nowhere else', async () => {
  const { post } = await start([stripe])
  for (const spelling of ['/hooks/more', '/HOOKS', '/%68ooks', '/a/../hooks', '//hooks'])
    expect([spelling, ...(await post(spelling, {}, '{}'))]).toMatchObject([spelling, 401, {}])
  expect(await post(path, {})).toMatchObject([401, { code: 'signature-missing' }])
  expect(await post('/hooksmith', {}, '{}')).toEqual([200, '{}'])
})

it('takes the signature of either sender on one path', async () => {
  const { post } = await start([stripe, { path, signature: 'github', secrets: ['a-secret-of-github'] }])
  expect(await post(path, signed('{}', 0), '{}')).toEqual([200, '{}'])
  const digest = createHmac('sha256', 'a-secret-of-github').update('{}').digest('hex')
  expect(await post(path, { 'x-hub-signature-256': `sha256=${digest}` }, '{}')).toEqual([200, '{}'])
  expect(await post(path, { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, '{}')).toMatchObject([
    401,
    {},
  ])
})

it('takes only the signature of the most specific path', async () => {
  const secrets = ['a-secret-of-github']
  const { post } = await start([
    { path: ['/other', path], signature: 'github', secrets },
    { path: `${path}/:tenant`, signature: 'github', secrets },
    { ...stripe, path: `${path}/stripe/` },
  ])
  const digest = createHmac('sha256', 'a-secret-of-github').update('{}').digest('hex')
  const ofGithub = { 'x-hub-signature-256': `sha256=${digest}` }
  expect(await post(`${path}/stripe`, signed('{}', 0), '{}')).toEqual([200, '{}'])
  expect(await post(`${path}/stripe`, ofGithub, '{}')).toMatchObject([401, { code: 'signature-missing' }])
  for (const one of [path, `${path}/github`]) expect(await post(one, ofGithub, '{}')).toEqual([200, '{}'])
})

it.each<[string, string, number, RegExp]>([
  ['relative to it', '/hooks', 500, /whole path/],
  ['that are whole', '/api/hooks', 401, /signature-missing/],
  ['of other routes', '/elsewhere', 200, /^$/],
])('answers behind a mount, with paths %s', async (_what, path, status, answer) => {
  const guard = createWebhookGuard({ endpoints: [{ ...stripe, path }] })
  const app = express().use('/api', guard, (_request, response) => {
    response.json()
  })
  app.use(((error: Error, _request, response, _next) => {
    response.status(500).json(error.message)
  }) satisfies express.ErrorRequestHandler)
  const server = createServer(app)
  onTestFinished(() => {
    server.close()
  })
  const port = await listenOn(server)
  const response = await fetch(`http://127.0.0.1:${String(port)}/api/hooks`)
  expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(answer)])
})

it.each([false, true])(
  'keeps the bytes behind a guard that keeps none, of a body that comes late: %s',
  async (isLate) => {
    const guard = compose([
      createBodyGuard(),
      createBodyGuard({ rawBody: path }),
      createWebhookGuard({ endpoints: [stripe], clock: createFakeClock(0) }),
    ])
    const server = createServer((request, response) => {
      guard(request, response, () => {
        void text(request).then((read) => response.end(read))
      })
    })
    onTestFinished(() => {
      server.close()
    })
    const port = await listenOn(server)
    const client = httpRequest({
      port,
      path,
      method: 'POST',
      headers: { ...signed('{"a":1}', 0), 'content-length': 7 },
    })
    if (isLate) {
      client.flushHeaders()
      await once(server, 'request')
    }
    client.end('{"a":1}')
    const [response] = (await once(client, 'response')) as [IncomingMessage]
    expect([response.statusCode, await text(response)]).toEqual([200, '{"a":1}'])
  },
)

it('fails where nobody kept the bytes', async () => {
  const { post } = await start([stripe], 0, false)
  expect(await post(path, signed('{}', 0), '{}')).toEqual([
    500,
    expect.stringMatching(/bytes of this webhook/),
  ])
})

it.each<[string, unknown, RegExp]>([
  ['a function for a path', { path: () => true, signature: 'stripe', secrets: [secret] }, /not a function/],
  ['a short secret', { path, signature: 'stripe', secrets: ['short'] }, /16 characters/],
  ['no secret', { path, signature: 'stripe', secrets: [] }, /secrets/],
  ['a sender nobody knows', { path, signature: 'strype', secrets: [secret] }, /stripe/],
  [
    'a secret that is no base64',
    { path, signature: 'standard-webhooks', secrets: ['whsec_?'.padEnd(20, '?')] },
    /base64/,
  ],
])('refuses %s', (_what, endpoint, message) => {
  const create = (): unknown => createWebhookGuard({ endpoints: [endpoint] as never })
  expect(create).toThrow(AlfredConfigError)
  expect(create).toThrow(message)
  expect(create).not.toThrow(secret)
})
