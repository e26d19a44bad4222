import { expect, it } from 'vitest'
import type { HealthStatus } from '../check.ts'
import { memoryCheck } from './memory-check.ts'

const signal = new AbortController().signal

it.each<[number, number, HealthStatus, string | undefined]>([
  // Per cent of the cgroup's limit and of the heap's.
  [10, 10, 'pass', undefined],
  [84.9, 84.9, 'pass', undefined],
  [85, 10, 'warn', 'the process is near its memory limit'],
  [10, 85, 'warn', 'the heap is near its memory limit'],
  [95, 86, 'fail', 'the process is near its memory limit'],
  [86, 95, 'fail', 'the heap is near its memory limit'],
])('at %d %% resident and %d %% heap it is %s', async (resident, heap, status, output) => {
  const { check } = memoryCheck({
    read: () => ({ residentBytes: resident, limitBytes: 100, heapUsedBytes: heap, heapLimitBytes: 100 }),
  })
  await expect(check(signal)).resolves.toMatchObject({
    status,
    output,
    measurements: [
      { name: 'utilization', componentId: 'resident', observedValue: resident, observedUnit: 'percent' },
      { name: 'utilization', componentId: 'heap', observedValue: heap, observedUnit: 'percent' },
    ],
  })
})

it('reads this process by default', async () => {
  const { check, ...settings } = memoryCheck({ warnAt: 1, failAt: 1, intervalMs: 1000 })
  await expect(check(signal)).resolves.toMatchObject({ status: 'pass' })
  expect(settings).toMatchObject({
    name: 'memory',
    kind: 'system',
    criticality: 'degrading',
    intervalMs: 1000,
  })
})

it('names a wrong option', () => {
  expect(() => memoryCheck({ warnAt: 85 })).toThrow('memoryCheck.warnAt: must be a number from 0 to 1.')
})
