import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const autocannon = require.resolve('autocannon')

/** How hard to load a server. */
export interface HttpLoadOptions {
  readonly connections: number
  readonly seconds: number
  readonly headers: Readonly<Record<string, string>>
  /** Sent by POST. @default nothing, by GET */
  readonly body?: string | undefined
}

/** What a server did under load. */
export interface HttpLoadResult {
  /** All that were answered. */
  readonly requests: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The part of autocannon's JSON that is read here. */
interface AutocannonReport {
  readonly '2xx': number
  readonly non2xx: number
  readonly errors: number
  readonly duration: number
  readonly latency: { readonly p50: number; readonly p99: number }
}

/**
 * Loads `url` from a process of its own, keep-alive, each connection sending its next request when the
 * last was answered.
 *
 * @throws Error when any answer was not of the class 2xx: its speed would mean nothing
 */
export async function loadHttp(
  url: string,
  { connections, seconds, headers, body }: HttpLoadOptions,
): Promise<HttpLoadResult> {
  const fields = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}=${value}`])
  const amounts = ['-c', String(connections), '-d', String(seconds)]
  const sent = body === undefined ? [] : ['-m', 'POST', '-b', body]
  const args = [autocannon, '--json', '--no-progress', ...amounts, ...fields, ...sent, url]
  const { stdout } = await run(process.execPath, args)
  const report = JSON.parse(stdout) as AutocannonReport
  const good = report['2xx']
  if (report.non2xx > 0 || report.errors > 0 || good === 0) {
    throw new Error(
      `${url}: ${String(good)} good answers, ${String(report.non2xx)} others, ${String(report.errors)} errors`,
    )
  }
  return {
    requests: good,
    requestsPerSecond: good / report.duration,
    p50Ms: report.latency.p50,
    p99Ms: report.latency.p99,
  }
}
