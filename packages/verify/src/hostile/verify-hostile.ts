import { startRedis } from '@alfred/testkit'
import { markers } from './requests/markers.ts'
import { type HostileFigures, runHostile } from './run-hostile.ts'

/** What hostile requests did, and what the same requests did to an application with known faults. */
export type HostileVerification = HostileFigures & {
  /** Must show every fault, or the run could not find any. */
  readonly control: HostileFigures
}

const frameworks = ['express4', 'express5', 'node:http'] as const
const maxHeapGrowthMb = 5

const isClean = (figures: HostileFigures): boolean =>
  figures.crashes + figures.hangs + figures.unexpected5xx + figures.leaks + figures.leftovers === 0 &&
  figures.heapGrowthMb <= maxHeapGrowthMb

const showsEveryFault = ({ crashes, hangs, unexpected5xx, leaks, heapGrowthMb }: HostileFigures): boolean =>
  Math.min(crashes, hangs, unexpected5xx, leaks) > 0 && heapGrowthMb > maxHeapGrowthMb

/**
 * Sends malformed and hostile requests over raw sockets to Express 4, Express 5 and `node:http` behind the whole stack,
 * in memory and with a Redis of its own. `ALFRED_REQUESTS` (in all) and `ALFRED_SEED` change the run.
 */
export async function verifyHostile(): Promise<HostileVerification> {
  const report = (line: string): void => {
    console.error(line)
  }
  const requests = Number(process.env['ALFRED_REQUESTS'] ?? 12_000)
  const seed = Number(process.env['ALFRED_SEED'] ?? 1)
  await using redis = await startRedis({ args: ['--requirepass', markers.planted] })
  const redisUrl = redis.url.replace('redis://', `redis://:${markers.planted}@`)
  const figures = await runHostile({
    servers: frameworks.flatMap((framework) => [{ framework }, { framework, redisUrl }]),
    requestsPerServer: Math.ceil(requests / 6),
    serversAtOnce: 2,
    seed,
    boundMs: 15_000,
    report,
  })
  const control = await runHostile({
    servers: [{ framework: 'weak' }],
    requestsPerServer: 300,
    serversAtOnce: 1,
    seed,
    boundMs: 3000,
    report: () => undefined,
  })
  if (!isClean(figures) || !showsEveryFault(control)) process.exitCode = 1
  return { ...figures, control }
}
