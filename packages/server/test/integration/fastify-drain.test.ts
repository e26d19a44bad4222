import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { waitFor } from '@alfred/testkit'
import fastify from 'fastify'
import { expect, it, onTestFinished } from 'vitest'
import { createHealth } from '@alfred/health'
import { createDrain, openEventStream } from '../../src/index.ts'

it('drains a Fastify application with its probes and streams', async () => {
  const health = createHealth()
  const app = fastify()
  const drain = createDrain({
    health,
    readinessDelayMs: 300,
    servers: [app.server],
    hooks: [
      { name: 'health', close: () => health.close() },
      { name: 'fastify', close: () => app.close() },
    ],
  })
  app.addHook('onRequest', (request, reply, done) => {
    health.middleware(request.raw, reply.raw, (error) => {
      done(error instanceof Error ? error : undefined)
    })
  })
  let release: ((body: string) => void) | undefined
  app.get('/slow', () => new Promise<string>((resolve) => (release = resolve)))
  app.get('/events', (request, reply) => {
    reply.hijack()
    openEventStream(request.raw, reply.raw, { drain }).send({ id: 1, data: 'first' })
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  await health.ready()
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => {
    agent.destroy()
  })
  const ask = async (path: string) => {
    const [response] = (await once(get(url + path, { agent }), 'response')) as [IncomingMessage]
    return response
  }
  const status = async (path: string) => {
    const response = await ask(path)
    await text(response)
    return `${String(response.statusCode)} ${String(response.headers.connection)}`
  }

  expect(await status('/readyz')).toBe('200 keep-alive')
  const slow = ask('/slow').then(text)
  const events = ask('/events').then(text)
  const finish = await waitFor(() => release)
  const done = drain.start('test')
  expect(await status('/readyz')).toBe('503 close')
  expect(await status('/livez')).toBe('200 close')
  expect(await events).toMatch(/id: 1\ndata: first\n\nid: 1\nretry: \d+\n\n$/)
  finish('finished')
  expect(await slow).toBe('finished')
  await expect(done).resolves.toMatchObject({ forced: false, failedHooks: [] })
})
