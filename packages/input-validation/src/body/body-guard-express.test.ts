import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createBodyGuard } from './body-guard.ts'
import { validate } from '../request/validate.ts'

let server: Server | undefined

afterEach(() => {
  server?.close()
})

async function start(app: Parameters<typeof createServer>[1]): Promise<string> {
  const started = createServer(app)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((started.address() as AddressInfo).port)}`
}

const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe.each([
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
])('%s', (_name, framework) => {
  it('leaves forms to the parser that follows', async () => {
    const app = framework()
    app.use(createBodyGuard(), framework.urlencoded({ extended: false }))
    app.post('/form', (req, res) => {
      res.json(req.body)
    })
    const body = new URLSearchParams({ name: 'Ada', text: 'a&b' })
    const response = await fetch(`${await start(app)}/form`, { method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([200, { name: 'Ada', text: 'a&b' }])
  })

  it.each<[string, string, string, Record<string, string>, number, string]>([
    ['no JSON', 'application/json', '{"a":', {}, 400, 'entity.parse.failed'],
    ['a scalar', 'application/json', '5', {}, 400, 'entity.parse.failed'],
    ['another charset', 'application/json; charset=koi8-r', '{}', {}, 415, 'charset.unsupported'],
    ['no gzip', 'application/json', '{}', { 'content-encoding': 'gzip' }, 400, 'Z_DATA_ERROR'],
    ['a forbidden member', 'application/json', '{"__proto__":1}', {}, 400, 'forbidden-key'],
    ['the same in UTF-16', 'application/json; charset=utf-16', '{"__proto__":1}', {}, 400, 'forbidden-key'],
    [
      'what nobody undoes',
      'application/json',
      '{}',
      { 'content-encoding': 'x' },
      415,
      'content-encoding-unsupported',
    ],
    ['what nobody decodes', 'application/json; charset=utf-32', '{}', {}, 415, 'charset-unsupported'],
  ])(
    "leaves to an application's own JSON parser what breaks no limit: %s",
    async (_what, type, text, headers, status, code) => {
      const app = framework()
      app.use(createBodyGuard(), framework.json())
      app.use(
        (
          error: { status: number; type?: string; code?: string },
          _req: express.Request,
          res: express.Response,
          next: express.NextFunction,
        ) => {
          if (res.headersSent) next(error)
          else res.status(error.status).json({ code: error.code ?? error.type })
        },
      )
      const body = Buffer.from(text, type.endsWith('utf-16') ? 'utf16le' : 'utf8')
      const response = await fetch(await start(app), {
        method: 'POST',
        headers: { 'content-type': type, ...headers },
        body,
      })
      expect([response.status, await response.json()]).toMatchObject([status, { code }])
    },
  )

  it('gives the same value with express.json() behind it', async () => {
    const app = framework()
    app.use(createBodyGuard(), framework.json())
    app.post('/', (req, res) => {
      res.json(req.body)
    })
    const response = await fetch(await start(app), json({ a: [1, { b: 2 }] }))
    expect([response.status, await response.json()]).toEqual([200, { a: [1, { b: 2 }] }])
  })

  it('hands the valid input of a mounted route to its handler and leaves req.query alone', async () => {
    const check = validate(
      {
        body: z.strictObject({ a: z.number() }),
        params: z.object({ id: z.string() }),
        query: z.strictObject({ page: z.coerce.number().default(1), tag: z.array(z.string()) }),
      },
      { repeatable: ['tag'] },
    )
    const router = framework.Router()
    router.post(
      '/items/:id',
      check.handle<express.Request, express.Response>((req, res) => {
        res.json([req.valid, req.query])
      }),
    )
    const app = framework()
    app.use(createBodyGuard())
    app.use('/api', router)
    const response = await fetch(`${await start(app)}/api/items/7?page=2&tag=x`, json({ a: 1 }))
    expect(await response.json()).toEqual([
      { body: { a: 1 }, params: { id: '7' }, query: { page: 2, tag: ['x'] } },
      { page: '2', tag: 'x' },
    ])
  })

  it('passes what a handler rejects with to the error handler', async () => {
    const app = framework()
    app.post(
      '/',
      createBodyGuard(),
      validate({ body: z.object({}) }).handle(() => Promise.reject(new Error('broken'))),
    )
    app.use((error: Error, _req: express.Request, res: express.Response, next: express.NextFunction) => {
      if (res.headersSent) next(error)
      else res.status(500).json({ message: error.message })
    })
    const response = await fetch(await start(app), json({}))
    expect([response.status, await response.json()]).toEqual([500, { message: 'broken' }])
  })
})
