import { fileURLToPath } from 'node:url'
import type { Progress } from '../report/bench-area.ts'
import { type ForkedServer, forkServer } from '../load/forked-server.ts'
import { loadHttp } from '../load/http-load.ts'
import { interleave } from '../measure/interleave.ts'
import { median } from '../measure/statistics.ts'
import { path } from './contended-application.ts'

/** How the servers are loaded. */
export const serverPlan = { rounds: 5, connections: 64, seconds: 2, warmUpSeconds: 1 } as const

interface ServerContender {
  readonly server: 'ours' | 'peers'
  readonly variables?: Readonly<Record<string, string>>
}

const contenders = {
  ours: { server: 'ours' },
  peers: { server: 'peers' },
  peersTuned: { server: 'peers', variables: { AUTO_PIPELINING: 'on' } },
} as const satisfies Readonly<Record<string, ServerContender>>

export type ServerName = keyof typeof contenders
export const serverNames = Object.keys(contenders) as ServerName[]

/** What came out. */
export interface ServerContest {
  /** Requests answered in a second, medians. */
  readonly rates: Readonly<Record<ServerName, number>>
  /** Ours to three stacked limiters of express-rate-limit. */
  readonly express: number
  readonly expressTuned: number
}

/** Loads each server in turn: three limits on every request, which admit it. */
export async function runServerContest(url: string, progress: Progress): Promise<ServerContest> {
  await using cleanUp = new AsyncDisposableStack()
  const servers = {} as Record<ServerName, ForkedServer>
  const load = (name: ServerName, seconds: number) =>
    loadHttp(servers[name].origin + path, {
      connections: serverPlan.connections,
      seconds,
      headers: {},
    })
  for (const name of serverNames) {
    const { server, variables }: ServerContender = contenders[name]
    const module = fileURLToPath(new URL(`${server}-server.ts`, import.meta.url))
    servers[name] = await forkServer(module, { ...variables, REDIS_URL: url })
    cleanUp.defer(servers[name].stop)
    progress(`${name}: warming up`)
    await load(name, serverPlan.warmUpSeconds)
  }
  const samples = await interleave(serverNames, serverPlan.rounds, async (name, turn) => {
    const { requestsPerSecond } = await load(name, serverPlan.seconds)
    progress(
      `${name} ${String(turn)}/${String(serverPlan.rounds)}: ${requestsPerSecond.toFixed(0)} requests/s`,
    )
    return requestsPerSecond
  })
  const ratio = (name: ServerName, to: ServerName): number =>
    median(samples[name].map((rate, turn) => rate / (samples[to][turn] ?? NaN)))
  return {
    rates: Object.fromEntries(serverNames.map((name) => [name, median(samples[name])])) as Record<
      ServerName,
      number
    >,
    express: ratio('ours', 'peers'),
    expressTuned: ratio('ours', 'peersTuned'),
  }
}
