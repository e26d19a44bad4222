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
  it('keeps express.json() from reading again', async () => {
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
