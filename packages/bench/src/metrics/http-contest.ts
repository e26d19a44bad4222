import { createMetrics } from '@alfred/metrics'
import prometheus from 'express-prom-bundle'
import { Registry } from 'prom-client'
import type { Middleware } from '@alfred/core'
import type { Operation } from '../micro-benchmark.ts'
import { exchange } from './exchange.ts'

/** The contenders for the instrumentation of HTTP requests, all around the same exchange. */
export interface HttpContest {
  readonly operations: Readonly<Record<'bare' | 'ours' | 'peer' | 'peerTuned', Operation>>
  /** @throws when one of them has not counted what it was given */
  check(): Promise<void>
  close(): Promise<void>
}

/** The histogram's count over all series of an exposition. */
const total = (body: string, name: string): number =>
  body
    .split('\n')
    .filter((line) => line.startsWith(`${name}_count`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

const asExpress = (middleware: unknown): Middleware => middleware as Middleware

export function createHttpContest(): HttpContest {
  const metrics = createMetrics({ runtime: false })
  const peerRegistry = new Registry()
  const tunedRegistry = new Registry()
  const peer = asExpress(
    prometheus({ includeMethod: true, includePath: true, promRegistry: peerRegistry, autoregister: false }),
  )
  const peerTuned = asExpress(
    prometheus({
      includeMethod: true,
      includePath: true,
      promRegistry: tunedRegistry,
      autoregister: false,
      normalizePath: (request: { readonly route?: { readonly path: string } }) => request.route?.path ?? '',
    }),
  )
  return {
    operations: {
      bare: () => exchange(undefined),
      ours: () => exchange(metrics.middleware),
      peer: () => exchange(peer),
      peerTuned: () => exchange(peerTuned),
    },
    async check() {
      const rounds = 1000
      const before = await counted()
      for (let i = 0; i < rounds; i += 1) for (const operate of Object.values(this.operations)) operate()
      const after = await counted()
      for (const [name, count] of Object.entries(after)) {
        const added = count - (before[name] ?? 0)
        if (added !== rounds)
          throw new Error(`${name} counted ${String(added)} of ${String(rounds)} requests`)
      }
    },
    close: () => metrics.close(),
  }

  async function counted(): Promise<Readonly<Record<string, number>>> {
    return {
      ours: total((await metrics.expose()).body, 'http_server_request_duration_seconds'),
      peer: total(await peerRegistry.metrics(), 'http_request_duration_seconds'),
      peerTuned: total(await tunedRegistry.metrics(), 'http_request_duration_seconds'),
    }
  }
}
