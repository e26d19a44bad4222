import { createMetrics } from '@alfred/metrics'
import prometheus from 'express-prom-bundle'
import { Registry } from 'prom-client'
import type { Middleware } from '@alfred/core'
import { createSampler } from '../measure/sampler.ts'
import { threadClock } from '../measure/thread-clock.ts'
import { exchange } from './exchange.ts'

/** What the parent asks for: a sample of so many ms at first, then one by one; at last what was counted. */
export type HttpContenderRequest =
  | { readonly ask: 'prepare'; readonly sampleMs: number }
  | { readonly ask: 'sample' }
  | { readonly ask: 'check' }

/** The answer to any of these; `nsPerOp` to a sample, `problem` to a check that failed. */
export interface HttpContenderAnswer {
  readonly nsPerOp?: number | undefined
  readonly problem?: string | undefined
}

interface Contender {
  readonly middleware: Middleware | undefined
  /** How many requests it has counted. */
  readonly counted: () => Promise<number>
}

/** The histogram's count over all series of an exposition. */
const total = (body: string, name: string): number =>
  body
    .split('\n')
    .filter((line) => line.startsWith(`${name}_count`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

function ours(): Contender {
  const metrics = createMetrics({ runtime: false })
  return {
    middleware: metrics.middleware,
    counted: async () => total((await metrics.expose()).body, 'http_server_request_duration_seconds'),
  }
}

function peer(options: prometheus.Opts): Contender {
  const registry = new Registry()
  const middleware: unknown = prometheus({
    ...options,
    includeMethod: true,
    includePath: true,
    promRegistry: registry,
    autoregister: false,
  })
  return {
    // Express' types ask for more of a request than the peer does.
    middleware: middleware as Middleware,
    counted: async () => total(await registry.metrics(), 'http_request_duration_seconds'),
  }
}

let exchanged = 0

const contenders: Readonly<Record<string, () => Contender>> = {
  bare: () => ({ middleware: undefined, counted: () => Promise.resolve(exchanged) }),
  ours,
  peer: () => peer({}),
  peerTuned: () =>
    peer({
      normalizePath: (request: { readonly route?: { readonly path: string } }) => request.route?.path ?? '',
    }),
}

const name = process.argv[2] ?? ''
const create = contenders[name]
if (!create) throw new Error(`no contender is called ${name}`)
const { middleware, counted } = create()
const operate = (): unknown => {
  exchanged += 1
  return exchange(middleware)
}
let sampler: Awaited<ReturnType<typeof createSampler>> | undefined

async function answer(request: HttpContenderRequest): Promise<HttpContenderAnswer> {
  if (request.ask === 'prepare') sampler = await createSampler(operate, request.sampleMs, threadClock)
  if (request.ask === 'sample') return { nsPerOp: await sampler?.sample() }
  if (request.ask === 'check') {
    const found = await counted()
    if (found !== exchanged)
      return { problem: `${name} counted ${String(found)} of ${String(exchanged)} requests` }
  }
  return {}
}

process.on('message', (request: HttpContenderRequest) => {
  void answer(request).then((answered) => process.send?.(answered))
})
process.once('disconnect', () => process.exit(0))
