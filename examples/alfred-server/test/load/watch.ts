import { Client } from 'pg'
import { setTimeout as wait } from 'node:timers/promises'
import { type ProcessUsage, processUsage } from './process-usage.ts'

/** What was looked at. */
export interface Watched {
  readonly url: string
  readonly pid: number
}

/** The most that was seen. */
export interface Observation {
  /** Of the instance with the most. */
  readonly memoryMb: number
  /** Of the busiest instance, in percent of one processor. */
  readonly cpuPercent: number
  /** All of both instances' at a time. */
  readonly databaseConnections: number
  readonly databaseConnectionsMax: number
  /** Of the readiness probes, in percent. */
  readonly readyPercent: number
}

const everyMs = 1000

/** Looks at instances and their database every second. The returned function ends it. */
export async function watch(
  instances: readonly Watched[],
  databaseUrl: string,
): Promise<() => Promise<Observation>> {
  const database = new Client(databaseUrl)
  await database.connect()
  const numberOf = async (statement: string): Promise<number> => {
    const { rows } = await database.query<{ value: string }>(statement)
    return Number(rows[0]?.value)
  }
  const databaseConnectionsMax = await numberOf(`SELECT current_setting('max_connections') AS value`)
  const usage = (): readonly ProcessUsage[] => instances.map(({ pid }) => processUsage(pid))
  const before = usage()
  const startedAt = performance.now()
  const stop = new AbortController()
  let memoryMb = 0
  let databaseConnections = 0
  let probes = 0
  let ready = 0

  const look = async (): Promise<void> => {
    memoryMb = Math.max(memoryMb, ...usage().map((one) => one.memoryMb))
    const ours = `SELECT count(*) AS value FROM pg_stat_activity WHERE application_name LIKE 'alfred%'`
    databaseConnections = Math.max(databaseConnections, await numberOf(ours))
    for (const { url } of instances) {
      probes += 1
      const isReady = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (isReady) ready += 1
    }
  }
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look()
      await wait(everyMs)
    }
  })()

  return async () => {
    const seconds = (performance.now() - startedAt) / 1000
    const cpu = usage().map(({ cpuMs }, n) => (cpuMs - (before[n]?.cpuMs ?? 0)) / seconds / 10)
    stop.abort()
    await looking
    await database.end()
    return {
      memoryMb: Math.round(memoryMb),
      cpuPercent: Math.round(Math.max(...cpu)),
      databaseConnections,
      databaseConnectionsMax,
      readyPercent: Math.round((ready / probes) * 10_000) / 100,
    }
  }
}
