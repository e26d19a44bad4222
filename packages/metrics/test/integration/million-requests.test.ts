import { randomBytes } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../../src/index.ts'

const requests = 1_000_000

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapUsed = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('has bounded series and a flat heap after 1,000,000 random paths, methods and routes', async () => {
  const metrics = createMetrics({ runtime: false, http: { maxRoutes: 50 } })
  onTestFinished(() => metrics.close())
  const socket = new Socket()

  const send = (count: number): void => {
    let pool = ''
    for (let i = 0; i < count; i++) {
      // Drawn for a thousand requests at a time, 10 characters each: the system's call would cost more than the rest.
      if (i % 1000 === 0) pool = randomBytes(7500).toString('base64url')
      const random = pool.slice((i % 1000) * 10, (i % 1000) * 10 + 10)
      const request = new IncomingMessage(socket)
      request.method = i % 3 === 0 ? 'GET' : random
      request.url = `/${random}/${String(i)}`
      // An application that makes routes of what clients send would be the worst of all.
      if (i % 10 === 0) Object.assign(request, { route: { path: `/${random}/:id` }, baseUrl: '' })
      const response = new ServerResponse(request)
      metrics.middleware(request, response, () => {
        response.statusCode = 200 + (i % 400)
      })
      response.emit('close')
    }
  }

  send(requests / 10)
  const before = heapUsed()
  send((requests / 10) * 9)
  const grown = heapUsed() - before

  const { body } = await metrics.expose()
  const series = body.split('\n').filter((line) => line.startsWith('http_server_requests_total{'))
  const counts = series.map((line) => Number(line.slice(line.lastIndexOf(' '))))
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(requests)
  // 50 routes and other, GET and other, no response sent, aborted.
  expect(series.length).toBeLessThanOrEqual(51 * 2)
  expect(body).toMatch(
    /alfred_metrics_label_overflow_total\{metric="http_server_requests_total",label="route"\} [1-9]/,
  )
  expect(grown).toBeLessThan(2 * 1024 * 1024)
}, 120_000)
