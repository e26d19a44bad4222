import { createFakeClock, listening, passTime } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { createHealth } from '@alfred/health'
import { createManagementServer } from './management-server.ts'

it('shows the details on its port, and not on the application’s', async () => {
  const clock = createFakeClock()
  const ports: { management?: number | undefined } = {}
  const health = createHealth({
    clock,
    details: (request) => request.socket.localPort === ports.management,
    checks: [{ name: 'db', check: () => Promise.resolve() }],
  })
  onTestFinished(() => health.close())
  await passTime(clock, 1)
  const management = createManagementServer({ middleware: [health.middleware], port: 0 })
  onTestFinished(() => management.close())
  await management.ready()
  ports.management = management.address?.port
  await using application = await listening((request, response) => {
    health.middleware(request, response, () => response.end())
  })

  const own = `http://127.0.0.1:${String(ports.management)}`
  expect(await (await fetch(`${own}/healthz`)).json()).toHaveProperty('checks')
  expect(await (await fetch(`${application.url}/healthz`)).json()).not.toHaveProperty('checks')
  const other = await fetch(`${own}/other`)
  expect(other.status).toBe(404)
  expect(await other.json()).toMatchObject({ type: 'urn:alfred:problem:not-found' })
})

it('answers 500 for an error, and goes on', async () => {
  const management = createManagementServer({
    middleware: [
      (_request, _response, next) => {
        next(new Error('secret'))
      },
    ],
    port: 0,
  })
  onTestFinished(() => management.close())
  await management.ready()
  const response = await fetch(`http://127.0.0.1:${String(management.address?.port)}/`)
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret')
})

it('says when its port is taken, and closes twice', async () => {
  await using taken = await listening(() => undefined)
  const port = Number(new URL(taken.url).port)
  const management = createManagementServer({
    middleware: [
      (_request, _response, next) => {
        next()
      },
    ],
    port,
  })
  await expect(management.ready()).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await management.close()
  await management.close()
})

it('names a wrong option', () => {
  expect(() => createManagementServer({ middleware: [], port: 70_000 })).toThrow(
    /middleware: must have[\s\S]*port: must be/,
  )
})
