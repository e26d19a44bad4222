import { createFakeClock, passTime } from '@alfred/testkit'
import { expect, it, vi } from 'vitest'
import { createDrain } from './drain.ts'

const setUp = () => {
  const clock = createFakeClock()
  const closePool = vi.fn()
  const drain = createDrain({
    clock,
    readinessDelayMs: 0,
    deadlineMs: 5000,
    hooks: [{ name: 'pool', close: closePool }],
  })
  const workFor = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
  return { clock, closePool, drain, workFor }
}

it('waits for tracked work, and for what that begins, before it closes what both use', async () => {
  const { clock, closePool, drain, workFor } = setUp()
  const first = workFor(1000)
  expect(drain.track(first)).toBe(first)
  void first.then(() => drain.track(workFor(1000)))
  const done = drain.start('test')
  await passTime(clock, 1999)
  expect(closePool).not.toHaveBeenCalled()
  await passTime(clock, 1)
  await expect(done).resolves.toMatchObject({ unfinished: 0, durationMs: 2000 })
  expect(closePool).toHaveBeenCalledOnce()
})

it('closes at the deadline whatever is left, and says how much that is', async () => {
  const { clock, drain } = setUp()
  void drain.track(new Promise(() => undefined))
  void drain.track(Promise.resolve())
  const done = drain.start('test')
  await passTime(clock, 5000)
  await expect(done).resolves.toMatchObject({ forced: false, unfinished: 1, durationMs: 5000 })
})

it('waits no longer for work that fails, and leaves its failure to its owner', async () => {
  const { clock, drain } = setUp()
  const failing = drain.track(Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  const done = drain.start('test')
  await passTime(clock, 0)
  await expect(done).resolves.toMatchObject({ unfinished: 0, durationMs: 0 })
})

it('refuses what is no promise', () => {
  expect(() => createDrain().track({} as Promise<void>)).toThrow('drain.work: must be an object with then().')
})
