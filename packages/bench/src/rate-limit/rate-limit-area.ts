import { startRedis } from '@alfred/testkit'
import type { BenchReport, Progress } from '../report/bench-area.ts'
import { describeMachine } from '../report/machine.ts'
import { round } from '../measure/statistics.ts'
import { memoryBytesPerKey, redisBytesPerSubject } from './bytes.ts'
import { denialPlan, runDenialContest } from './denial-contest.ts'
import { inFlight } from './in-flight.ts'
import { leasingRatio } from './leasing.ts'
import { runServerContest, serverPlan } from './server-contest.ts'
import { runStoreContest, storePlan } from './store-contest.ts'

/** Requests counted in a second in Redis and in Express, denials, and what a client takes in memory. */
export async function runRateLimit(progress: Progress): Promise<BenchReport> {
  await using redis = await startRedis()
  await using denyingRedis = await startRedis()
  const memoryBytes = memoryBytesPerKey()
  const redisBytes = await redisBytesPerSubject(redis.url)
  progress('leasing: one hot key')
  const leasing = await leasingRatio(redis.url)
  const stores = await runStoreContest(redis.url, progress)
  const servers = await runServerContest(redis.url, progress)
  const denials = await runDenialContest(denyingRedis.url, progress)
  const { rates: s } = stores
  const { rates: h } = servers
  const { rates: d } = denials
  const row = (what: string, rate: number, to = '', ratio?: number): string[] => [
    what,
    rate.toFixed(0),
    to,
    ratio === undefined ? '' : ratio.toFixed(2),
  ]
  return {
    how: [
      `Stores: ${String(inFlight)} requests under way, 1000 clients in turn, medians of ${String(storePlan.rounds)} rounds of ${String(storePlan.sampleMs)} ms taken in turn; one real Redis, loopback. Three policies of one client: ours in one script call, rate-limit-redis in three one after the other as its middlewares ask, rate-limiter-flexible in three together. off and on say whether the peers' ioredis pipelines by itself; ours always writes what one turn of the event loop sends at once. The ratio is to the better of the two peers.`,
      `Servers: Express 5 with three limits per address in Redis, ${String(serverPlan.connections)} connections of autocannon in a process of its own, medians of ${String(serverPlan.rounds)} rounds of ${String(serverPlan.seconds)} s taken in turn.`,
      `Denials: the same servers with limits that are used up, and one that sends the header fields and the body of ours and decides nothing; ${String(denialPlan.connections)} connections that write prepared bytes, medians of ${String(denialPlan.rounds)} rounds of ${String(denialPlan.ms)} ms taken in turn. Before the bare server this load generator was busy ${(denials.generatorBusy * 100).toFixed(0)} % of the time, so that the server is what limits.`,
      'A ratio is the median of the rounds’ ratios.',
      `In Redis one client of three policies takes ${String(redisBytes)} bytes (MEMORY USAGE); in the memory store a key takes ${memoryBytes.toFixed(0)} bytes, its text included (100,000 keys).`,
      `Leasing: a hot key's 20,000 requests run ${leasing.toFixed(1)} times fewer scripts when 50 units are taken at a time.`,
      describeMachine(),
    ],
    table: {
      columns: ['what', 'requests/s', 'beside', 'ratio'],
      rows: [
        row('ours, 3 policies', s.ours3),
        row('rate-limit-redis ×3, off', s.rateLimitRedisOff),
        row('rate-limiter-flexible ×3, off', s.flexibleOff, 'ours to the better, off', stores.off),
        row('rate-limit-redis ×3, on', s.rateLimitRedisOn),
        row('rate-limiter-flexible ×3, on', s.flexibleOn, 'ours to the better, on', stores.on),
        row('ours, 1 policy', s.ours1),
        row('ours, 8 policies', s.ours8, '8 policies to 1', stores.eightToOne),
        row('Express, ours', h.ours),
        row('Express, express-rate-limit ×3', h.peers, 'ours to it', servers.express),
        row('the same, auto-pipelining', h.peersTuned, 'ours to it', servers.expressTuned),
        row('denials, ours', d.ours),
        row('denials, express-rate-limit ×3', d.peers, 'ours to it', denials.toPeers),
        row('denials, bare 429', d.bare, 'ours to it', denials.toBare),
      ],
    },
    figures: {
      store: { off: round(stores.off, 2), on: round(stores.on, 2) },
      express: round(servers.express, 2),
      denial: { toBare429: round(denials.toBare, 2), redisCalls: denials.redisCalls },
      eightToOne: round(stores.eightToOne, 2),
      redisBytesPerSubject: redisBytes,
      memoryBytesPerKey: round(memoryBytes),
      leasing: round(leasing, 1),
    },
  }
}
