import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startReceiver } from '@alfred/testkit'

const rounds = 15
const requestsPerRound = 1000
/** Two neighbouring batches meet the same machine. */
const batch = 10

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN

interface FailingServer {
  /** Sends so many requests, one after the other. @returns how long each took, in ms */
  readonly ask: (count: number) => Promise<readonly number[]>
}

async function startFailingServer(children: ChildProcess[], sinkUrl?: string): Promise<FailingServer> {
  const child = fork(
    fileURLToPath(import.meta.resolve('./failing-server.ts')),
    sinkUrl === undefined ? [] : [sinkUrl],
    { execArgv: ['--conditions=@alfred/source'], env: { ...process.env, NODE_ENV: 'production' } },
  )
  children.push(child)
  const [port] = (await once(child, 'message')) as [number]
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const askOnce = async (path: string): Promise<number> => {
    const startedAt = performance.now()
    const request = get({ host: '127.0.0.1', port, agent, path })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    await once(response, 'end')
    const tookMs = performance.now() - startedAt
    if (response.statusCode !== 500) throw new Error(`answered ${String(response.statusCode)}`)
    return tookMs
  }
  let requests = 0
  return {
    async ask(count) {
      const times: number[] = []
      for (let n = 0; n < count; n++) times.push(await askOnce(`/${String(requests++)}`))
      return times
    },
  }
}

/**
 * What sinks that never answer add to failing requests: two servers in processes of their own, the first without
 * sinks, the second with an error tracker and a dispatcher whose receivers hang; this process asks them, one
 * request at a time, in batches that take turns.
 *
 * @returns the median, over the rounds, of the difference of their 99th percentiles, in ms
 */
export async function measureSinkDelay(progress: (line: string) => void): Promise<number> {
  await using receiver = await startReceiver()
  receiver.hang()
  const children: ChildProcess[] = []
  try {
    const servers = [
      await startFailingServer(children),
      await startFailingServer(children, receiver.url),
    ] as const
    const added: number[] = []
    // Round 0 warms up.
    for (let round = 0; round <= rounds; round++) {
      const without: number[] = []
      const withSinks: number[] = []
      for (let sent = 0; sent < requestsPerRound; sent += batch) {
        without.push(...(await servers[0].ask(batch)))
        withSinks.push(...(await servers[1].ask(batch)))
      }
      if (round === 0) continue
      added.push(p99(withSinks) - p99(without))
      progress(
        `sinks, round ${String(round)}/${String(rounds)}: p50 ${median(without).toFixed(2)} and ${median(withSinks).toFixed(2)} ms, p99 ${p99(without).toFixed(2)} and ${p99(withSinks).toFixed(2)} ms`,
      )
    }
    return Math.round(median(added) * 1000) / 1000
  } finally {
    for (const child of children) child.disconnect()
  }
}
