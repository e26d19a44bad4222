import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { UploadedFiles } from '@alfred/input-validation'
import { listenOn } from '@alfred/testkit'
import express from 'express'
import express4 from 'express4'
import multer from 'multer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { alfredHardening } from './alfred-hardening.ts'
import type { AlfredConfig } from './config/alfred-config.ts'

describe.each([
  ['Express 5', express],
  // What is used of Express here is the same in both, which their types do not know.
  ['Express 4', express4 as unknown as typeof express],
])('%s behind the whole stack', (_name, framework) => {
  async function start(config: AlfredConfig = {}): Promise<string> {
    const guard = alfredHardening(config)
    const app = framework()
    app.use(guard)
    app.post('/form', framework.urlencoded({ extended: false }), (req, res) => {
      res.json(req.body)
    })
    app.post('/upload', multer().single('file'), (req, res) => {
      res.json({ name: req.file?.originalname, bytes: req.file?.size })
    })
    app.post('/photos', guard.upload({ files: { photo: { types: ['image/png'] } } }), (req, res) => {
      const files: unknown = req.files
      const { photo } = files as UploadedFiles
      res.json(photo?.map(({ name, type, bytes }) => ({ name, type, bytes })))
    })
    app.post('/signed', (req, res) => {
      res.json({ body: req.body as unknown, raw: String(Reflect.get(req, 'rawBody')) })
    })
    app.post('/webhook', framework.text(), (req, res) => {
      res.json(req.body)
    })
    app.use(guard.notFoundHandler, guard.errorHandler)
    const server = createServer(app)
    const port = await listenOn(server)
    onTestFinished(async () => {
      server.closeAllConnections()
      server.close()
      await guard.close()
    })
    return `http://127.0.0.1:${String(port)}`
  }

  const upload = (bytes: number): FormData => {
    const data = new FormData()
    data.set('file', new Blob([Buffer.alloc(bytes)]), 'a.bin')
    return data
  }

  it('reads a form', async () => {
    const body = new URLSearchParams({ name: 'Ada & Bob' })
    const response = await fetch(`${await start()}/form`, { method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([200, { name: 'Ada & Bob' }])
  })

  it('reads a form by itself where its format is named', async () => {
    const url = await start({ bodyGuard: { formats: ['urlencoded'] } })
    const body = 'name=Ada&tag=a&tag=b'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(`${url}/signed`, { method: 'POST', headers, body })
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { body: { name: 'Ada', tag: ['a', 'b'] } },
    ])
  })

  it.each<[string, string, unknown, AlfredConfig?]>([
    ['application/json', '{"a": 1}', { a: 1 }],
    ['application/x-www-form-urlencoded', 'a=1', undefined],
    ['application/x-www-form-urlencoded', 'a=1', undefined, { preset: 'api' }],
  ])('lets a webhook of %s pass with its signature, and no other', async (type, body, value, config) => {
    const secrets = ['a-secret-of-github']
    const webhooks: AlfredConfig['webhooks'] = {
      endpoints: [{ path: '/signed', signature: 'github', secrets }],
    }
    const url = await start({ ...config, webhooks })
    const digest = createHmac('sha256', 'a-secret-of-github').update(body).digest('hex')
    const post = (signature: string): Promise<Response> =>
      fetch(`${url}/signed`, {
        method: 'POST',
        headers: { 'content-type': type, 'x-hub-signature-256': `sha256=${signature}` },
        body,
      })
    const passed = await post(digest)
    expect([passed.status, await passed.json()]).toEqual([200, { body: value, raw: body }])
    const refused = await post('0'.repeat(64))
    expect([refused.status, await refused.json()]).toMatchObject([401, { code: 'signature-invalid' }])
  })

  it('takes an upload', async () => {
    const response = await fetch(`${await start()}/upload`, { method: 'POST', body: upload(2 ** 21) })
    expect([response.status, await response.json()]).toEqual([200, { name: 'a.bin', bytes: 2 ** 21 }])
  })

  it.each([
    ['a picture', '89504e470d0a1a0a', [200, [{ name: 'a.png', type: 'image/png', bytes: 8 }]]],
    ['a page with the name of one', '3c7376673e', [415, { code: 'file-type-refused' }]],
  ])('takes only files of a type that a route allows: %s', async (_what, bytes, expected) => {
    const data = new FormData()
    data.set('photo', new Blob([Buffer.from(bytes, 'hex')]), 'a.png')
    const response = await fetch(`${await start()}/photos`, { method: 'POST', body: data })
    expect([response.status, await response.json()]).toMatchObject(expected)
  })

  it('refuses an upload above the bound', async () => {
    const url = await start({ bodyGuard: { maxOtherBytes: 100_000 } })
    const response = await fetch(`${url}/upload`, { method: 'POST', body: upload(200_000) })
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'too-large' }])
  })

  it("refuses a form of another site's page", async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    const body = new URLSearchParams({ name: 'Ada' })
    const response = await fetch(`${await start()}/form`, { method: 'POST', headers, body })
    expect(response.status).toBe(403)
  })

  it.each(['/form', '/upload', '/webhook'])('otherTypes: refuse answers 415 on %s', async (path) => {
    const url = await start({ bodyGuard: { otherTypes: 'refuse' } })
    const response = await fetch(`${url}${path}`, { method: 'POST', body: 'a=1' })
    expect(response.status).toBe(415)
  })
})
