import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { Progress } from '../report/bench-area.ts'
import { type ForkedServer, forkServer } from '../load/forked-server.ts'
import { interleave } from '../measure/interleave.ts'
import { saturate, type SaturatingLoadResult } from '../load/saturating-load.ts'
import { median } from '../measure/statistics.ts'
import type { BareDenial } from './bare-denial-server.ts'
import { path } from './contended-application.ts'
import { scriptCalls } from './script-calls.ts'

/** How the servers are loaded: many short rounds, for what slows the machine lasts longer than one of them. */
export const denialPlan = { rounds: 20, connections: 32, ms: 400, warmUpMs: 3000 } as const

const denialNames = ['ours', 'peers', 'bare'] as const
export type DenialName = (typeof denialNames)[number]

/** What came out. */
export interface DenialContest {
  /** Denials in a second, medians. */
  readonly rates: Readonly<Record<DenialName, number>>
  readonly toPeers: number
  readonly toBare: number
  /** Scripts that Redis ran while ours denied. */
  readonly redisCalls: number
  /** The part of the time in which the load generator was busy, in the median. */
  readonly generatorBusy: number
}

/** Fields that Node itself adds. */
const nodesOwn = new Set(['date', 'connection', 'keep-alive'])

/** What our server answers when it denies. */
async function readDenial(url: string): Promise<BareDenial> {
  // The one request that is admitted.
  await (await fetch(url)).arrayBuffer()
  const response = await fetch(url)
  if (response.status !== 429) throw new Error(`${url}: ${String(response.status)} instead of 429`)
  const fields = [...response.headers].filter(([name]) => !nodesOwn.has(name))
  return { fields, body: await response.text() }
}

/**
 * Has three servers deny every request: ours, express-rate-limit with three limits, and a bare one that sends the header
 * fields and the body of ours without deciding anything.
 */
export async function runDenialContest(redisUrl: string, progress: Progress): Promise<DenialContest> {
  await using cleanUp = new AsyncDisposableStack()
  const redis = new Redis(redisUrl)
  cleanUp.defer(() => {
    redis.disconnect()
  })
  const start = async (
    server: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<ForkedServer> => {
    const module = fileURLToPath(new URL(`${server}-server.ts`, import.meta.url))
    const forked = await forkServer(module, { ...variables, REDIS_URL: redisUrl })
    cleanUp.defer(forked.stop)
    return forked
  }
  const ours = await start('ours', { DENY: 'yes' })
  const denial = await readDenial(ours.origin + path)
  const servers: Readonly<Record<DenialName, ForkedServer>> = {
    ours,
    peers: await start('peers', { DENY: 'yes' }),
    bare: await start('bare-denial', { DENIAL: JSON.stringify(denial) }),
  }
  await (await fetch(servers.peers.origin + path)).arrayBuffer()
  const load = (name: DenialName, ms: number): Promise<SaturatingLoadResult> =>
    saturate(servers[name].origin + path, { connections: denialPlan.connections, ms, status: 429 })
  for (const name of denialNames) {
    progress(`denials, ${name}: warming up`)
    await load(name, denialPlan.warmUpMs)
  }
  let redisCalls = 0
  const samples = await interleave(denialNames, denialPlan.rounds, async (name, round) => {
    const before = await scriptCalls(redis)
    const sample = await load(name, denialPlan.ms)
    if (name === 'ours') redisCalls += (await scriptCalls(redis)) - before
    if (name === 'bare') progress(`denials ${String(round)}/${String(denialPlan.rounds)}`)
    return sample
  })
  const ratio = (to: DenialName): number =>
    median(
      samples.ours.map(
        ({ requestsPerSecond }, round) => requestsPerSecond / (samples[to][round]?.requestsPerSecond ?? NaN),
      ),
    )
  const rate = (name: DenialName): number =>
    median(samples[name].map(({ requestsPerSecond }) => requestsPerSecond))
  return {
    rates: { ours: rate('ours'), peers: rate('peers'), bare: rate('bare') },
    toPeers: ratio('peers'),
    toBare: ratio('bare'),
    redisCalls,
    generatorBusy: median(samples.bare.map(({ generatorBusy }) => generatorBusy)),
  }
}
