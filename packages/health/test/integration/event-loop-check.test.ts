import { waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { eventLoopCheck } from '../../src/index.ts'

/** Stops the event loop, without work for the processor. */
const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

it('notices an event loop that stands still', async () => {
  const { check, close } = eventLoopCheck({ warnAtMs: 100, failAtMs: 60_000 })
  onTestFinished(() => close?.())
  const { signal } = new AbortController()
  await check(signal)
  const intervalMs = 300
  const result = await waitFor(
    async () => {
      const found = await check(signal)
      // Not at once: after a reading the histogram counts from its second turn on.
      setTimeout(block, 60, 150)
      return found?.status === 'warn' ? found : undefined
    },
    { intervalMs },
  )
  expect(result.output).toBe('the event loop is late')
  await waitFor(async () => (await check(signal))?.status === 'pass', { intervalMs })
})
