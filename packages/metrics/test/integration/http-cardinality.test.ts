import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import express from 'express'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../../src/index.ts'

const requests = 100_000
const perBatch = 500

const methods = ['GET', 'POST', 'DELETE', 'PURGE', 'REPORT', 'SEARCH', 'MKCOL', 'LINK']

const randomRequest = (): string => {
  const bytes = randomBytes(6)
  const method = methods[bytes.readUInt8(0) % methods.length] ?? 'GET'
  const first = bytes.readUInt8(1) % 2 === 0 ? 'tenants' : bytes.toString('hex')
  return `${method} /${first}/${bytes.toString('base64url')}/users/${bytes.toString('hex')} HTTP/1.1\r\nHost: x\r\n\r\n`
}

it('keeps the series few whatever 100,000 random requests ask for', async () => {
  const metrics = createMetrics({ runtime: false })
  const app = express()
  app.use(metrics.middleware)
  const users = express.Router()
  users.all('/users/:id', (_request, response) => {
    response.end()
  })
  app.use('/tenants/:tenantId', users)
  app.use((_request, response) => {
    response.statusCode = 404
    response.end()
  })
  const server = createServer(app)
  server.maxRequestsPerSocket = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(async () => {
    socket.destroy()
    server.close()
    await metrics.close()
  })

  let answered = 0
  let rest = ''
  let wake = (): void => undefined
  socket.on('data', (chunk) => {
    const heads = (rest + chunk.toString('latin1')).split('\r\n\r\n')
    answered += heads.length - 1
    rest = heads.at(-1) ?? ''
    wake()
  })
  for (let sent = 0; sent < requests; sent += perBatch) {
    socket.write(Array.from({ length: perBatch }, randomRequest).join(''))
    while (answered < sent + perBatch) await new Promise<void>((resolve) => (wake = resolve))
  }

  await expect
    .poll(async () => (await metrics.expose()).body, { timeout: 10_000 })
    .toContain('http_server_active_requests 0')
  const { body } = await metrics.expose()
  const series = body.split('\n').filter((line) => line.startsWith('http_server_requests_total{'))
  const counts = series.map((line) => Number(line.split(' ').at(-1)))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(requests)
  const routes = new Set(series.map((line) => /route="([^"]*)"/.exec(line)?.[1]))
  expect(routes).toEqual(new Set(['*/users/:id', 'unmatched']))
  // Two routes, each with the methods GET, POST, DELETE and other.
  expect(series).toHaveLength(8)
}, 120_000)
