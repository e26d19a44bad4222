import { expect, it } from 'vitest'
import { cpuLimitCores } from './cpu-limit.ts'

const v2 = '/sys/fs/cgroup/cpu.max'
const quota = '/sys/fs/cgroup/cpu/cpu.cfs_quota_us'
const period = '/sys/fs/cgroup/cpu/cpu.cfs_period_us'

it.each<[string, Record<string, string>, number]>([
  ['no control group', {}, 8],
  ['a quota of half a core', { [v2]: '50000 100000\n' }, 0.5],
  ['no quota', { [v2]: 'max 100000\n' }, 8],
  ['a quota above the cores there are', { [v2]: '1600000 100000\n' }, 8],
  ['a quota of version 1', { [quota]: '150000\n', [period]: '100000\n' }, 1.5],
  ['no quota of version 1', { [quota]: '-1\n', [period]: '100000\n' }, 8],
])('with %s', (_what, files, cores) => {
  expect(cpuLimitCores((path) => files[path], 8)).toBe(cores)
})
