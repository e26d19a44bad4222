import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createFakeClock } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { type CpuReading, readCpu } from './cgroup-cpu.ts'
import { cpuCheck } from './cpu-check.ts'

const signal = new AbortController().signal

it.each([
  // Of a quota of two processors, over 10 s: ms used, periods, periods throttled.
  [2000, 100, 0, 'pass', 10, 0, undefined],
  [17_980, 100, 24, 'pass', 89.9, 24, undefined],
  [18_000, 100, 0, 'warn', 90, 0, 'the processor quota is nearly used up'],
  [4000, 100, 25, 'warn', 20, 25, 'the processor quota runs out'],
  [20_000, 100, 75, 'fail', 100, 75, 'the processor quota runs out'],
  [40_000, 0, 0, 'warn', 200, 0, 'the processor quota is nearly used up'],
])(
  '%i ms used and %i periods, %i of them throttled: %s',
  async (usedMs, periods, throttledPeriods, status, utilization, throttled, output) => {
    const clock = createFakeClock()
    const start: CpuReading = { usedMicros: 5e9, limitCpus: 2, periods: 1000, throttledPeriods: 500 }
    const end: CpuReading = {
      usedMicros: 5e9 + usedMs * 1000,
      limitCpus: 2,
      periods: 1000 + periods,
      throttledPeriods: 500 + throttledPeriods,
    }
    const readings = [start, end, { ...start, usedMicros: 0 }]
    const { check } = cpuCheck({ clock, read: () => Promise.resolve(readings.shift() ?? end) })
    await expect(check(signal)).resolves.toEqual({ status: 'pass' })
    clock.advance(10_000)
    await expect(check(signal)).resolves.toMatchObject({
      status,
      output,
      measurements: [
        { name: 'utilization', observedValue: utilization },
        { name: 'throttled', observedValue: throttled },
      ],
    })
    // Another cgroup, whose count begins anew.
    clock.advance(10_000)
    await expect(check(signal)).resolves.toEqual({ status: 'pass' })
  },
)

async function cgroup(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alfred-cgroup-'))
  onTestFinished(() => rm(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  return root
}

const stat2 = 'usage_usec 7000\nuser_usec 1\nnr_periods 30\nnr_throttled 3\nthrottled_usec 9\n'
const read = { usedMicros: 7000, periods: 30, throttledPeriods: 3 }

it.each<[string, Record<string, string>, CpuReading | undefined]>([
  ['version 2', { 'cpu.max': '150000 100000\n', 'cpu.stat': stat2 }, { ...read, limitCpus: 1.5 }],
  [
    'version 2, of a service',
    {
      self: '0::/system.slice/app.service\n',
      'system.slice/app.service/cpu.max': '50000 100000\n',
      'system.slice/app.service/cpu.stat': stat2,
    },
    { ...read, limitCpus: 0.5 },
  ],
  [
    'version 1',
    {
      'cpu/cpu.cfs_quota_us': '200000\n',
      'cpu/cpu.cfs_period_us': '100000\n',
      'cpu/cpu.stat': 'nr_periods 30\nnr_throttled 3\nthrottled_time 9\n',
      'cpuacct/cpuacct.usage': '7000000\n',
    },
    { ...read, limitCpus: 2 },
  ],
  ['version 2 without a quota', { 'cpu.max': 'max 100000\n', 'cpu.stat': stat2 }, undefined],
  ['no cgroup', {}, undefined],
])('reads %s', async (_name, files, expected) => {
  const root = await cgroup(files)
  const reading = await readCpu(root, join(root, 'self'))
  expect(reading).toMatchObject(expected ?? { periods: 0, throttledPeriods: 0 })
  if (!expected) expect(reading.usedMicros).not.toBe(7000)
})

it('reads this process by default', async () => {
  await expect(cpuCheck().check(signal)).resolves.toMatchObject({ status: 'pass' })
})
