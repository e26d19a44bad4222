import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../metrics.ts'

it('measures declared bodies and all that is sent, one response at a time', async () => {
  const metrics = createMetrics({ runtime: false, http: { sizes: true } })
  const server = createServer((request, response) => {
    metrics.middleware(request, response, () => {
      // The second of two pipelined requests is read before the first is answered.
      setImmediate(() => response.end('x'.repeat(request.url === '/long' ? 2000 : 10)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(async () => {
    socket.destroy()
    server.close()
    await metrics.close()
  })
  socket.write(
    'POST /long HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n' +
      'y'.repeat(300) +
      'GET /short HTTP/1.1\r\nHost: x\r\n\r\n',
  )
  let received = 0
  socket.on('data', (chunk) => (received += chunk.length))
  const body = async () => (await metrics.expose()).body
  await expect
    .poll(body, { timeout: 10_000 })
    .toContain('http_server_response_size_bytes_count{method="GET",route="unmatched"} 1\n')

  const text = await body()
  const sum = (name: string, method: string): number =>
    Number(new RegExp(`^${name}_sum\\{method="${method}",route="unmatched"\\} (\\d+)$`, 'm').exec(text)?.[1])
  expect(sum('http_server_request_body_size_bytes', 'POST')).toBe(300)
  expect(sum('http_server_request_body_size_bytes', 'GET')).toBe(0)
  const [long, short] = ['POST', 'GET'].map((method) => sum('http_server_response_size_bytes', method))
  expect((long ?? 0) - (short ?? 0)).toBe(1990 + 2)
  await expect.poll(() => received, { timeout: 10_000 }).toBe((long ?? 0) + (short ?? 0))
})
