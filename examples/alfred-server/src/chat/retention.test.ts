import { noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { expect, it, vi } from 'vitest'
import { startRetention } from './retention.ts'

it('removes what is too old at once and each hour, also after a failure', () => {
  const clock = createFakeClock()
  const removeOlderThan = vi.fn<(days: number) => Promise<number>>().mockRejectedValueOnce(new Error('away'))
  removeOlderThan.mockResolvedValue(2)
  const job = startRetention({ removeOlderThan }, 30, noopLogger, clock)
  clock.advance(3_600_000)
  expect(removeOlderThan.mock.calls).toEqual([[30], [30]])
  job.cancel()
  clock.advance(3_600_000)
  expect(removeOlderThan).toHaveBeenCalledTimes(2)
})
