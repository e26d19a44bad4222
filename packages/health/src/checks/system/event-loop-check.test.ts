import { syncBuiltinESMExports } from 'node:module'
import perfHooks from 'node:perf_hooks'
import { afterEach, expect, it, vi } from 'vitest'
import type { HealthStatus } from '../check.ts'
import { eventLoopCheck } from './event-loop-check.ts'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

const signal = new AbortController().signal

function fakeHistogram(count: number, percentileMs: number) {
  const histogram = {
    enable: vi.fn(() => true),
    disable: vi.fn(() => true),
    reset: vi.fn(),
    count,
    percentile: (percentile: number) => (percentile === 99 ? percentileMs * 1e6 : NaN),
  }
  vi.spyOn(perfHooks, 'monitorEventLoopDelay').mockReturnValue(histogram as never)
  syncBuiltinESMExports()
  return histogram
}

it.each<[number, number, number, HealthStatus]>([
  // Turns counted, their 99th percentile in ms with the 20 ms between two turns, and the delay.
  [0, NaN, 0, 'pass'],
  [50, 20.2, 0.2, 'pass'],
  [50, 19.1, 0, 'pass'],
  [50, 119, 99, 'pass'],
  [50, 120, 100, 'warn'],
  [50, 1020, 1000, 'fail'],
])('%i turns of %d ms are a delay of %d ms: %s', async (count, percentileMs, delayMs, status) => {
  const histogram = fakeHistogram(count, percentileMs)
  const { check, close } = eventLoopCheck()
  const first = { status: 'pass', measurements: [{ name: 'delayP99', observedValue: 0, observedUnit: 'ms' }] }
  await expect(check(signal)).resolves.toMatchObject(first)
  await expect(check(signal)).resolves.toMatchObject({ status, measurements: [{ observedValue: delayMs }] })
  expect(histogram.reset).toHaveBeenCalledOnce()
  close?.()
  expect(histogram.disable).toHaveBeenCalledOnce()
})
