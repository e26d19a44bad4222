import { setImmediate } from 'node:timers/promises'
import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createFlight } from './flight.ts'

/** A task that the test settles by hand. */
function heldTask() {
  const runs: { signal: AbortSignal; resolve: (value: string) => void; reject: (error: Error) => void }[] = []
  const task = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => runs.push({ signal, resolve, reject }))
  return { runs, task }
}

it('reports a value and an error with their duration', async () => {
  const clock = createFakeClock()
  const { runs, task } = heldTask()
  const flight = createFlight(clock, 100, task)
  const first = flight.run()
  clock.advance(30)
  runs[0]?.resolve('ok')
  await expect(first).resolves.toEqual({ outcome: 'done', value: 'ok', durationMs: 30 })

  const error = new Error('no')
  const second = flight.run()
  runs[1]?.reject(error)
  await expect(second).resolves.toEqual({ outcome: 'threw', error, durationMs: 0 })
  expect(clock.pendingTimers).toBe(0)
})

it('takes a task that throws at once for one that rejects', async () => {
  const flight = createFlight(createFakeClock(), 100, () => {
    throw new TypeError('at once')
  })
  await expect(flight.run()).resolves.toMatchObject({ outcome: 'threw' })
})

it('aborts at the time limit and starts nothing until the run has settled', async () => {
  const clock = createFakeClock()
  const { runs, task } = heldTask()
  const flight = createFlight(clock, 100, task)
  const late = flight.run()
  clock.advance(100)
  await expect(late).resolves.toEqual({ outcome: 'timed-out', durationMs: 100 })
  expect(runs[0]?.signal.reason).toMatchObject({ name: 'TimeoutError' })

  await expect(flight.run()).resolves.toMatchObject({ outcome: 'still-running' })
  expect(runs).toHaveLength(1)

  runs[0]?.resolve('at last')
  await setImmediate()
  const next = flight.run()
  expect(runs).toHaveLength(2)
  runs[1]?.resolve('again')
  await expect(next).resolves.toMatchObject({ outcome: 'done', value: 'again' })
  expect(clock.pendingTimers).toBe(0)
})

it('calls a run late that kept the timer from firing', async () => {
  const clock = createFakeClock()
  let now = 0
  const blocked = { ...clock, monotonicMs: () => now }
  const flight = createFlight(blocked, 100, () => {
    now += 5000
    return Promise.resolve('ok')
  })
  await expect(flight.run()).resolves.toEqual({ outcome: 'timed-out', durationMs: 5000 })
})

it('tells the task when it is aborted', () => {
  const clock = createFakeClock()
  const { runs, task } = heldTask()
  const flight = createFlight(clock, 100, task)
  void flight.run()
  flight.abort()
  expect(runs[0]?.signal.reason).toMatchObject({ name: 'AbortError' })
  expect(clock.pendingTimers).toBe(0)
})
