import { fileURLToPath } from 'node:url'
import type { Progress } from '../report/bench-area.ts'
import { type ForkedServer, forkServer } from '../load/forked-server.ts'
import { loadHttp } from '../load/http-load.ts'
import { interleave } from '../measure/interleave.ts'
import { median, round } from '../measure/statistics.ts'
import { jsonMessage } from './json-message.ts'

/** How the servers are loaded. */
export const jsonPlan = { rounds: 7, connections: 32, seconds: 2, warmUpSeconds: 2 } as const

/** The servers, in the order in which they take turns. */
export const jsonServerNames = ['ours', 'oursDetecting', 'express'] as const
type JsonServerName = (typeof jsonServerNames)[number]

/** What came out. */
export interface JsonContest {
  /** Requests answered in a second, medians. */
  readonly rates: Readonly<Record<JsonServerName, number>>
  /** Processor time of the server's process, µs per request, medians. */
  readonly cpuMicros: Readonly<Record<JsonServerName, number>>
  /** Our requests/s, without detectors, to those of `express.json()` and zod. */
  readonly ratio: number
  /** The same with detectors. */
  readonly detectingRatio: number
}

/** Sends the same JSON to both servers, each in a process of its own, in turn. */
export async function runJsonContest(progress: Progress): Promise<JsonContest> {
  await using cleanUp = new AsyncDisposableStack()
  const servers = {} as Record<JsonServerName, ForkedServer>
  const load = (name: JsonServerName, seconds: number) =>
    loadHttp(servers[name].origin, {
      connections: jsonPlan.connections,
      seconds,
      headers: { 'content-type': 'application/json' },
      body: jsonMessage,
    })
  for (const name of jsonServerNames) {
    const server = name === 'express' ? 'express' : 'ours'
    servers[name] = await forkServer(fileURLToPath(new URL(`${server}-server.ts`, import.meta.url)), {
      DETECT: name === 'oursDetecting' ? 'yes' : '',
    })
    cleanUp.defer(servers[name].stop)
    progress(`JSON, ${name}: warming up`)
    await load(name, jsonPlan.warmUpSeconds)
  }
  const samples = await interleave(jsonServerNames, jsonPlan.rounds, async (name, turn) => {
    const before = await servers[name].cpuMs()
    const { requests, requestsPerSecond } = await load(name, jsonPlan.seconds)
    const micros = (((await servers[name].cpuMs()) - before) * 1000) / requests
    const rate = `${requestsPerSecond.toFixed(0)} requests/s, ${micros.toFixed(0)} µs each`
    progress(`JSON, ${name} ${String(turn)}/${String(jsonPlan.rounds)}: ${rate}`)
    return { requestsPerSecond, micros }
  })
  const medians = (of: (sample: (typeof samples)['ours'][number]) => number) => ({
    ours: median(samples.ours.map(of)),
    oursDetecting: median(samples.oursDetecting.map(of)),
    express: median(samples.express.map(of)),
  })
  const ratioOf = (name: JsonServerName): number =>
    round(
      median(
        samples[name].map(
          ({ requestsPerSecond }, turn) =>
            requestsPerSecond / (samples.express[turn]?.requestsPerSecond ?? NaN),
        ),
      ),
      2,
    )
  return {
    rates: medians(({ requestsPerSecond }) => requestsPerSecond),
    cpuMicros: medians(({ micros }) => micros),
    ratio: ratioOf('ours'),
    detectingRatio: ratioOf('oursDetecting'),
  }
}
