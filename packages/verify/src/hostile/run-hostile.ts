import { families, generateRequest, type GeneratedRequest } from './requests/generate-request.ts'
import { findLeakInAnswer } from './requests/markers.ts'
import type { Answer } from './read-answers.ts'
import { type Exchange, sendRequest } from './send-request.ts'
import type { ServerOrder } from './server-messages.ts'
import { type ServerUnderTest, startServerUnderTest } from './server-under-test.ts'

/** What hostile requests did to servers. */
export type HostileFigures = {
  readonly requests: number
  /** Processes that ended, exceptions that nobody caught, rejections that nobody handled. */
  readonly crashes: number
  /** Connections that were neither answered nor closed in time. */
  readonly hangs: number
  /** Responses of 500 and above, without those of routes that fail and of shedding load. */
  readonly unexpected5xx: number
  /** Secrets, internals and texts of requests in responses, logs, spans, reports, alerts and metrics. */
  readonly leaks: number
  /** Connections, timers and listeners of the process that were left after closing. */
  readonly leftovers: number
  /** The most that the heap of one server grew, MB. */
  readonly heapGrowthMb: number
}

/** What to run. */
export interface HostileRun {
  readonly servers: readonly ServerOrder[]
  readonly requestsPerServer: number
  readonly seed: number
  /** How many servers run at a time. */
  readonly serversAtOnce: number
  /** How long a connection may stay without an answer, ms. */
  readonly boundMs: number
  /** Called with every finding, and with the figures of each server. */
  readonly report: (line: string) => void
}

type Counts = { -readonly [Name in keyof HostileFigures]: number }

const concurrent = 48

/**
 * 503 with a time to come back is how load is shed and how a store that is away is answered; a health document says
 * with it that the server is not ready.
 */
const isDocumented503 = ({ status, fields }: Answer): boolean =>
  status === 503 && (fields.has('retry-after') || fields.get('content-type') === 'application/health+json')

const isUnexpected5xx = (request: GeneratedRequest, answer: Answer): boolean =>
  answer.status >= 500 && !isDocumented503(answer) && !(answer.status === 500 && request.routeFails)

/** Judges one exchange; the texts say what was wrong. */
function judge(request: GeneratedRequest, exchange: Exchange, counts: Counts): readonly string[] {
  const found: string[] = []
  if (exchange.outcome === 'hung') {
    counts.hangs += 1
    found.push('hung')
  }
  const server5xx = exchange.answers.find((answer) => isUnexpected5xx(request, answer))
  if (server5xx) {
    counts.unexpected5xx += 1
    found.push(`answered ${String(server5xx.status)}`)
  }
  const leak = findLeakInAnswer(exchange.received)
  if (leak !== undefined) {
    counts.leaks += 1
    found.push(`answered with ${JSON.stringify(leak)}`)
  }
  return found
}

async function sendAll(
  server: ServerUnderTest,
  count: number,
  seed: number,
  { boundMs, report }: HostileRun,
  counts: Counts,
): Promise<void> {
  const statuses = new Map<string, number>()
  let index = 0
  const client = async (): Promise<void> => {
    while (index < count) {
      const request = generateRequest(seed, index++, server)
      const from = `127.0.${String(request.seed % 250)}.${String(1 + (request.seed % 7))}`
      const exchange = await sendRequest(server.port, request, boundMs, from)
      counts.requests += 1
      const kind = String(exchange.answers[0]?.status ?? exchange.outcome)
      statuses.set(kind, (statuses.get(kind) ?? 0) + 1)
      for (const finding of judge(request, exchange, counts)) {
        report(
          `${finding}: ${request.family}, seed ${String(request.seed)}, family ${String(index % families.length)}`,
        )
      }
    }
  }
  await Promise.all(Array.from({ length: concurrent }, client))
  report(
    [...statuses]
      .sort()
      .map(([kind, times]) => `${kind}: ${String(times)}`)
      .join(', '),
  )
}

async function runServer(order: ServerOrder, run: HostileRun, counts: Counts): Promise<void> {
  const name = `${order.framework}${order.redisUrl === undefined ? '' : ' with Redis'}`
  const report = (line: string): void => {
    run.report(`${name}: ${line}`)
  }
  const started = performance.now()
  const server = await startServerUnderTest(order)
  // What a server holds once it has seen every kind of request, code and caches, is no growth.
  const warmUp = Math.max(families.length, Math.floor(run.requestsPerServer / 3))
  await sendAll(server, warmUp, run.seed, { ...run, report }, counts)
  const before = await server.heapMb()
  await sendAll(server, run.requestsPerServer - warmUp, run.seed + 1_000_000, { ...run, report }, counts)
  const after = await server.heapMb()
  const growth = before === undefined || after === undefined ? 0 : after - before
  counts.heapGrowthMb = Math.max(counts.heapGrowthMb, growth)
  const ended = await server.finish()
  const {
    crashes = ['the process ended'],
    leaks = [],
    connections = 0,
    timers = [],
    listeners = 0,
  } = ended ?? {}
  counts.crashes += crashes.length
  counts.leaks += leaks.length
  counts.leftovers += connections + timers.length + listeners
  for (const text of [...crashes, ...leaks, ...timers].slice(0, 20)) report(text)
  report(
    `heap ${growth.toFixed(2)} MB, left ${String(connections)} connections, ${String(timers.length)} timers, ${String(listeners)} listeners, ` +
      `${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
}

/** Sends hostile requests over raw sockets to each server, and counts what must not happen. */
export async function runHostile(run: HostileRun): Promise<HostileFigures> {
  const counts: Counts = {
    requests: 0,
    crashes: 0,
    hangs: 0,
    unexpected5xx: 0,
    leaks: 0,
    leftovers: 0,
    heapGrowthMb: 0,
  }
  const waiting = [...run.servers]
  const runNext = async (): Promise<void> => {
    for (let order = waiting.shift(); order; order = waiting.shift()) await runServer(order, run, counts)
  }
  await Promise.all(Array.from({ length: run.serversAtOnce }, runNext))
  return { ...counts, heapGrowthMb: Number(counts.heapGrowthMb.toFixed(2)) }
}
