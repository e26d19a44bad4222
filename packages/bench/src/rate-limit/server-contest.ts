import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { Progress } from '../bench-area.ts'
import { type ForkedServer, forkServer } from '../forked-server.ts'
import { loadHttp } from '../http-load.ts'
import { interleave } from '../interleave.ts'
import { median } from '../statistics.ts'
import { path } from './contended-application.ts'

/** How the servers are loaded. */
export const serverPlan = { rounds: 5, connections: 64, seconds: 2, warmUpSeconds: 1 } as const

interface ServerContender {
  readonly server: 'ours' | 'peers' | 'bare-denial'
  readonly variables?: Readonly<Record<string, string>>
}

const contenders = {
  ours: { server: 'ours' },
  peers: { server: 'peers' },
  peersTuned: { server: 'peers', variables: { AUTO_PIPELINING: 'on' } },
  oursDenying: { server: 'ours', variables: { DENY: 'yes' } },
  peersDenying: { server: 'peers', variables: { DENY: 'yes' } },
  bareDenial: { server: 'bare-denial' },
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
  readonly denialToPeers: number
  readonly denialToBare: number
  /** Scripts that Redis ran while ours denied. */
  readonly denialRedisCalls: number
}

const denying: ReadonlySet<ServerName> = new Set(['oursDenying', 'peersDenying', 'bareDenial'])

async function scriptCalls(redis: Redis): Promise<number> {
  const calls = (await redis.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
}

/**
 * Loads each server in turn: three limits on every request, admitted by all or denied by each.
 *
 * @param urls - a Redis for those that admit and one for those that deny, whose calls are counted
 */
export async function runServerContest(
  urls: { readonly admitting: string; readonly denying: string },
  progress: Progress,
): Promise<ServerContest> {
  await using cleanUp = new AsyncDisposableStack()
  const redis = new Redis(urls.denying)
  cleanUp.defer(() => {
    redis.disconnect()
  })
  const servers = {} as Record<ServerName, ForkedServer>
  const load = (name: ServerName, seconds: number) =>
    loadHttp(servers[name].origin + path, {
      connections: serverPlan.connections,
      seconds,
      headers: {},
      answers: denying.has(name) ? '4xx' : '2xx',
    })
  for (const name of serverNames) {
    const { server, variables }: ServerContender = contenders[name]
    const module = fileURLToPath(new URL(`${server}-server.ts`, import.meta.url))
    servers[name] = await forkServer(module, {
      ...variables,
      REDIS_URL: denying.has(name) ? urls.denying : urls.admitting,
    })
    cleanUp.defer(servers[name].stop)
    progress(`${name}: warming up`)
    // The one request that each denying server admits.
    await (await fetch(servers[name].origin + path)).arrayBuffer()
    await load(name, serverPlan.warmUpSeconds)
  }
  let denialRedisCalls = 0
  const samples = await interleave(serverNames, serverPlan.rounds, async (name, turn) => {
    const callsBefore = await scriptCalls(redis)
    const { requestsPerSecond } = await load(name, serverPlan.seconds)
    if (name === 'oursDenying') denialRedisCalls += (await scriptCalls(redis)) - callsBefore
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
    denialToPeers: ratio('oursDenying', 'peersDenying'),
    denialToBare: ratio('oursDenying', 'bareDenial'),
    denialRedisCalls,
  }
}
