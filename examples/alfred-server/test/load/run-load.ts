import { startFakeOpenAi, startPostgres, startRedis } from '@alfred/testkit'
import { startAlfred } from '../e2e/alfred-process.ts'
import { useApi } from './api-client.ts'
import { talkByEvents, talkBySocket } from './chat-clients.ts'
import { type Percentiles, percentiles } from './latencies.ts'
import { failuresOf, newTally, type Tally } from './tally.ts'
import { type Observation, watch } from './watch.ts'

/** How much load, and for how long. */
export interface LoadPlan {
  readonly seconds: number
  readonly eventClients: number
  readonly socketClients: number
  readonly apiClients: number
  /** How long somebody reads an answer, in ms: from half of it to one and a half. */
  readonly readMs: number
}

/** What clients of one kind saw. */
export interface ClientFigures {
  readonly requests: number
  readonly failed: number
  readonly firstByteMs: Percentiles
  readonly wholeMs: Percentiles
}

/** What a run of {@link runLoad} shows. */
export interface LoadFigures extends Observation {
  readonly seconds: number
  readonly events: ClientFigures
  readonly sockets: ClientFigures
  readonly api: ClientFigures
  readonly errorPercent: number
  /** By what went wrong. */
  readonly failures: Readonly<Record<string, number>>
}

/** Forty pieces of 20 ms: what a provider takes for an answer, and no part of it is Alfred's. */
const answer = Array.from({ length: 40 }, (_, n) => `piece${String(n)}`).join(' ')
const pieceMs = 20

/** Two instances on one PostgreSQL and one Redis, with a provider that is a fake, under chats and API traffic. */
export async function runLoad(plan: LoadPlan): Promise<LoadFigures> {
  await using postgres = await startPostgres()
  await using redis = await startRedis()
  await using openai = await startFakeOpenAi({ answer, pieceMs })
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    TRUST_PROXY: 'loopback',
    AI_TOKENS_PER_DAY: '999999999',
    // As in production: a line for each request.
    LOG_FORMAT: 'json',
  }
  await using first = await startAlfred({ env })
  await using second = await startAlfred({ env })
  const instances = [first, second].map(({ url, child }) => ({ url, pid: child.pid ?? 0 }))
  const [events, sockets, api] = [newTally(), newTally(), newTally()]
  const endsAt = performance.now() + plan.seconds * 1000
  const isOver = (): boolean => performance.now() > endsAt
  const urlOf = (n: number): string => (n % 2 === 0 ? first.url : second.url)
  const pauseMs = (): number => plan.readMs * (0.5 + Math.random())

  const observe = await watch(instances, postgres.url)
  const clients = (count: number, start: (number: number) => Promise<void>): readonly Promise<void>[] =>
    Array.from({ length: count }, (_, n) => start(n))
  await Promise.all([
    ...clients(plan.eventClients, (number) =>
      talkByEvents({ url: urlOf(number), number, tally: events, pauseMs, isOver }),
    ),
    ...clients(plan.socketClients, (n) => {
      const number = plan.eventClients + n
      return talkBySocket({ url: urlOf(n), number, tally: sockets, pauseMs, isOver })
    }),
    ...clients(plan.apiClients, (number) =>
      useApi({ url: urlOf(number), number, tally: api, pauseMs: 200, isOver }),
    ),
  ])
  const observation = await observe()
  const all = [events, sockets, api]
  const requests = all.reduce((sum, tally) => sum + tally.requests, 0)
  const failed = all.reduce((sum, tally) => sum + failuresOf(tally), 0)
  return {
    seconds: plan.seconds,
    events: figuresOf(events),
    sockets: figuresOf(sockets),
    api: figuresOf(api),
    errorPercent: Math.round((failed / Math.max(1, requests)) * 100_000) / 1000,
    failures: Object.fromEntries(all.flatMap(({ failures }) => [...failures])),
    ...observation,
  }
}

const figuresOf = (tally: Tally): ClientFigures => ({
  requests: tally.requests,
  failed: failuresOf(tally),
  firstByteMs: percentiles(tally.firstByteMs),
  wholeMs: percentiles(tally.wholeMs),
})
