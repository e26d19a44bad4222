import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cpuUsage } from 'node:process'

/** Processor time used, and what bounds it. */
export interface CpuReading {
  /** Used since some moment in the past, µs. */
  readonly usedMicros: number
  /** How many processors' time may be used. */
  readonly limitCpus: number
  /** Periods of the quota that have passed, and those in which it ran out; 0 without a quota. */
  readonly periods: number
  readonly throttledPeriods: number
}

/** Where cgroups show themselves on Linux. */
export const cgroupRoot = '/sys/fs/cgroup'

const read = async (...path: string[]): Promise<string | undefined> => {
  try {
    return await readFile(join(...path), 'latin1')
  } catch {
    return undefined
  }
}

/** A number of a `key value` file such as `cpu.stat`. */
function statOf(file: string, key: string): number {
  const line = file.split('\n').find((entry) => entry.startsWith(`${key} `))
  return line === undefined ? 0 : Number(line.slice(key.length + 1))
}

/** @see https://docs.kernel.org/admin-guide/cgroup-v2.html, `cpu.max` and `cpu.stat` */
async function readVersion2(folder: string): Promise<CpuReading | undefined> {
  const [stat, max] = await Promise.all([read(folder, 'cpu.stat'), read(folder, 'cpu.max')])
  const [quota = 'max', period = ''] = max?.trim().split(' ') ?? []
  if (stat === undefined || quota === 'max') return undefined
  return {
    usedMicros: statOf(stat, 'usage_usec'),
    limitCpus: Number(quota) / Number(period),
    periods: statOf(stat, 'nr_periods'),
    throttledPeriods: statOf(stat, 'nr_throttled'),
  }
}

/** @see https://docs.kernel.org/scheduler/sched-bwc.html */
async function readVersion1(root: string): Promise<CpuReading | undefined> {
  const [quota, period, stat, usage] = await Promise.all([
    read(root, 'cpu', 'cpu.cfs_quota_us'),
    read(root, 'cpu', 'cpu.cfs_period_us'),
    read(root, 'cpu', 'cpu.stat'),
    read(root, 'cpuacct', 'cpuacct.usage'),
  ])
  // Without a quota it is -1.
  if (stat === undefined || usage === undefined || !(Number(quota) > 0)) return undefined
  return {
    usedMicros: Number(usage) / 1000,
    limitCpus: Number(quota) / Number(period),
    periods: statOf(stat, 'nr_periods'),
    throttledPeriods: statOf(stat, 'nr_throttled'),
  }
}

/** This process against the machine, where no quota is set or nothing can be read of it. */
function readProcess(): CpuReading {
  const { user, system } = cpuUsage()
  return { usedMicros: user + system, limitCpus: availableParallelism(), periods: 0, throttledPeriods: 0 }
}

/**
 * Reads the quota that bounds this process: that of its container, whose cgroup is the root of what it
 * sees, or that of its service.
 *
 * @param self - `/proc/self/cgroup`
 */
export async function readCpu(root = cgroupRoot, self = '/proc/self/cgroup'): Promise<CpuReading> {
  const own = /^0::(\/.*)$/m.exec((await read(self)) ?? '')?.[1] ?? '/'
  return (
    (await readVersion2(join(root, own))) ??
    (await readVersion2(root)) ??
    (await readVersion1(root)) ??
    readProcess()
  )
}
