import { createServer, type Server } from 'node:http'
import middie from '@fastify/middie'
import { createBodyGuard } from '@alfred/input-validation'
import { listenOn } from '@alfred/testkit'
import { getRequestListener } from '@hono/node-server'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'

/** Servers whose framework reads the body itself, behind the guard. Each answers with the value that it read. */
const servers: Readonly<Record<string, () => Promise<Server> | Server>> = {
  async 'fastify, middie'() {
    const app = fastify()
    await app.register(middie)
    app.use(createBodyGuard())
    app.post('/', (request) => request.body)
    await app.ready()
    return app.server
  },
  hono() {
    const app = new Hono()
    app.post('/', async (context) => context.json(await context.req.json()))
    const listener = getRequestListener(app.fetch)
    const guard = createBodyGuard()
    return createServer((request, response) => {
      guard(request, response, () => void listener(request, response))
    })
  },
  koa() {
    const app = new Koa()
    const guard = createBodyGuard()
    app.use(async ({ req, res }, next) => {
      await new Promise<void>((resolve) => {
        guard(req, res, () => {
          resolve()
        })
      })
      await next()
    })
    app.use(async (context) => {
      context.body = JSON.parse(await text(context.req)) as object
    })
    const listener = app.callback()
    return createServer((request, response) => void listener(request, response))
  },
}

it.each(Object.keys(servers))('%s reads JSON that the guard has judged', async (name) => {
  const server = await servers[name]?.()
  if (!server) throw new Error('no server')
  const port = await listenOn(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const post = (body: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(port)}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  const accepted = await post('{"a":[1,2]}')
  expect([accepted.status, await accepted.json()]).toEqual([200, { a: [1, 2] }])
  const refused = await post('{"__proto__":{}}')
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'forbidden-key' }])
})
