import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { runWithDeadline } from './run-with-deadline.ts'

const late = (): Error => new Error('too late')
const never = new Promise<never>(() => undefined)

function start<T>(work: (signal: AbortSignal) => T | PromiseLike<T>, controller?: AbortController) {
  const clock = createFakeClock()
  return { clock, result: runWithDeadline({ clock, timeoutMs: 1000, late, controller }, work) }
}

describe('in time', () => {
  it('resolves with the value', async () => {
    const { clock, result } = start(() => 5)
    expect(await result).toBe(5)
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects with the error', async () => {
    const { clock, result } = start(() => Promise.reject(new Error('refused')))
    await expect(result).rejects.toThrow('refused')
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes a throw at once for a rejection', async () => {
    const { clock, result } = start(() => {
      throw new Error('thrown')
    })
    await expect(result).rejects.toThrow('thrown')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('late', () => {
  it('aborts the signal and rejects with its reason, though the work ignores it', async () => {
    let seen: AbortSignal | undefined
    const { clock, result } = start((signal) => {
      seen = signal
      return never
    })
    clock.advance(999)
    expect(seen?.aborted).toBe(false)
    clock.advance(1)
    await expect(result).rejects.toThrow('too late')
    expect(seen?.reason).toEqual(late())
  })

  it('drops a rejection that comes after the deadline', async () => {
    const work = Promise.withResolvers<never>()
    const { clock, result } = start(() => work.promise)
    clock.advance(1000)
    await expect(result).rejects.toThrow('too late')
    work.reject(new Error('later still'))
  })
})

it('ends when its controller is aborted, also before the start', async () => {
  const controller = new AbortController()
  const first = start(() => never, controller)
  controller.abort(new Error('closed'))
  await expect(first.result).rejects.toThrow('closed')
  await expect(start(() => never, controller).result).rejects.toThrow('closed')
  expect(first.clock.pendingTimers).toBe(0)
})
