import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Reads a small file; `undefined` where there is none. */
export type ReadFile = (path: string) => string | undefined

const readFile: ReadFile = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const ratio = (quota: number, period: number): number | undefined =>
  quota > 0 && period > 0 ? quota / period : undefined

// https://docs.kernel.org/admin-guide/cgroup-v2.html: "$MAX $PERIOD" in µs, or "max $PERIOD".
function quotaOfVersion2(read: ReadFile): number | undefined {
  const [quota, period] = (read('/sys/fs/cgroup/cpu.max') ?? '').trim().split(' ')
  return ratio(Number(quota), Number(period))
}

// https://docs.kernel.org/scheduler/sched-bwc.html: -1 where there is no quota.
function quotaOfVersion1(read: ReadFile): number | undefined {
  const quota = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'))
  return ratio(quota, Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us')))
}

/**
 * How many cores the process may use: the quota of its control group where a container has one, which may
 * be a part of a core, and never more than the machine runs at once.
 */
export function cpuLimitCores(read: ReadFile = readFile, cores: number = availableParallelism()): number {
  return Math.min(quotaOfVersion2(read) ?? quotaOfVersion1(read) ?? cores, cores)
}
