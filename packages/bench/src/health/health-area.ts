import { fileURLToPath } from 'node:url'
import { startRedis } from '@alfred/testkit'
import type { BenchReport, Progress } from '../report/bench-area.ts'
import { type ForkedServer, forkServer } from '../load/forked-server.ts'
import { loadHttp } from '../load/http-load.ts'
import { interleave } from '../measure/interleave.ts'
import { describeMachine } from '../report/machine.ts'
import { median, round } from '../measure/statistics.ts'
import { measureProbeLatency } from './probe-latency.ts'

const plan = { rounds: 4, seconds: 2, warmUpSeconds: 1, connections: 64, atOnce: 1000 } as const

interface Contender {
  readonly server: string
  readonly path: string
  readonly does: string
  readonly variables?: Readonly<Record<string, string>>
}

const contenders = {
  ours: {
    server: 'ours',
    path: '/readyz',
    does: '@alfred/health; redisCheck runs in the background every 5 s.',
  },
  terminus: {
    server: 'terminus',
    path: '/readyz',
    does: '@godaddy/terminus; its health check sends a PING for each probe.',
  },
  terminusNoCheck: {
    server: 'terminus',
    path: '/readyz',
    variables: { CHECK: 'none' },
    does: 'the same with a health check that does nothing.',
  },
  lightship: {
    server: 'lightship',
    path: '/ready',
    does: 'lightship on its Fastify; it has no checks, readiness is what the application says.',
  },
} as const satisfies Readonly<Record<string, Contender>>

type Name = keyof typeof contenders
const names = Object.keys(contenders) as Name[]

interface Sample {
  readonly rate: number
  readonly cpuMicros: number
  readonly p99Ms: number
}

/** Readiness probes/s under 64 connections, and how long a thousand at once take. */
export async function runHealth(progress: Progress): Promise<BenchReport> {
  await using redis = await startRedis()
  await using cleanUp = new AsyncDisposableStack()
  const servers = {} as Record<Name, ForkedServer>
  for (const name of names) {
    const { server, variables }: Contender = contenders[name]
    const module = fileURLToPath(new URL(`${server}-server.ts`, import.meta.url))
    servers[name] = await forkServer(module, { ...variables, REDIS_URL: redis.url })
    cleanUp.defer(servers[name].stop)
  }
  const load = (name: Name, seconds: number) =>
    loadHttp(servers[name].origin + contenders[name].path, {
      connections: plan.connections,
      seconds,
      headers: {},
    })

  for (const name of names) {
    progress(`${name}: warming up`)
    await load(name, plan.warmUpSeconds)
  }
  const samples = await interleave(names, plan.rounds, async (name, turn): Promise<Sample> => {
    const before = await servers[name].cpuMs()
    const { requests, requestsPerSecond, p99Ms } = await load(name, plan.seconds)
    const cpuMicros = (((await servers[name].cpuMs()) - before) * 1000) / requests
    progress(`${name} ${String(turn)}/${String(plan.rounds)}: ${requestsPerSecond.toFixed(0)} probes/s`)
    return { rate: requestsPerSecond, cpuMicros, p99Ms }
  })
  progress(`${String(plan.atOnce)} connections at once`)
  const latency = await measureProbeLatency(plan.atOnce)

  const middle = (name: Name, figure: keyof Sample): number =>
    median(samples[name].map((sample) => sample[figure]))
  // Of each round's neighbours in time, not of two medians: what slowed the machine then, slowed both.
  const ratio = (to: Name, figure: 'rate' | 'cpuMicros'): number =>
    median(
      samples.ours.map((sample, index) => {
        const other = samples[to][index]?.[figure] ?? NaN
        return figure === 'rate' ? sample.rate / other : other / sample.cpuMicros
      }),
    )
  const { rounds, seconds, warmUpSeconds, connections } = plan
  return {
    how: [
      `GET of the readiness probe, every answer 200, from ${String(connections)} keep-alive connections of autocannon in a process of its own; the one Redis is real; all traffic is loopback.`,
      `Medians of ${String(rounds)} rounds of ${String(seconds)} s taken in turn, each server warmed up for ${String(warmUpSeconds)} s before; a ratio is the median of the rounds' ratios.`,
      `At once: ${String(latency.connections)} connections made ${String(latency.probes)} probes of one server; its check ran ${String(latency.checkRuns)} time(s). 99th percentile from the moment that the server takes a request up to the end of its answer: ${latency.p99Ms.toFixed(2)} ms.`,
      describeMachine(),
      ...names.map((name) => `${name}: ${contenders[name].does}`),
    ],
    table: {
      columns: ['server', 'probes/s', 'ours to it', 'cpu µs/probe', 'its cpu to ours', 'p99 ms'],
      rows: names.map((name) => [
        name,
        middle(name, 'rate').toFixed(0),
        ratio(name, 'rate').toFixed(2),
        middle(name, 'cpuMicros').toFixed(0),
        ratio(name, 'cpuMicros').toFixed(2),
        middle(name, 'p99Ms').toFixed(0),
      ]),
    },
    figures: {
      ratioTerminus: round(ratio('terminus', 'rate'), 2),
      ratioLightship: round(ratio('lightship', 'rate'), 2),
      ratioTerminusNoCheck: round(ratio('terminusNoCheck', 'rate'), 2),
      oursPerSecond: round(middle('ours', 'rate')),
      atOnceP99Ms: round(latency.p99Ms, 2),
      atOnceConnections: latency.connections,
      atOnceCheckRuns: latency.checkRuns,
    },
  }
}
