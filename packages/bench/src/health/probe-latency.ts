import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { createHealth } from '@alfred/health'
import { loadHttp } from '../load/http-load.ts'

/** How long probes over many connections at once take, and how often the check ran meanwhile. */
export interface ProbeLatency {
  readonly connections: number
  readonly probes: number
  readonly checkRuns: number
  /** From the moment that the server takes a request up to the end of its answer, ms. */
  readonly p99Ms: number
}

const percentile99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1] ?? NaN

/** Has connections of another process probe a server of this one at the same time. */
export async function measureProbeLatency(connections: number): Promise<ProbeLatency> {
  let checkRuns = 0
  const check = (): Promise<void> => {
    checkRuns += 1
    return Promise.resolve()
  }
  await using health = createHealth({ checks: [{ name: 'counted', intervalMs: 60_000, check }] })
  await health.ready()
  const sockets = new Set<Socket>()
  const answerMs: number[] = []
  const server = createServer((request, response) => {
    const begunAt = performance.now()
    sockets.add(request.socket)
    response.once('finish', () => answerMs.push(performance.now() - begunAt))
    health.middleware(request, response, () => response.writeHead(404).end())
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: connections })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await loadHttp(`http://127.0.0.1:${String(port)}/readyz`, { connections, seconds: 2, headers: {} })
  server.closeAllConnections()
  server.close()
  return {
    connections: sockets.size,
    probes: answerMs.length,
    checkRuns,
    p99Ms: percentile99(answerMs),
  }
}
