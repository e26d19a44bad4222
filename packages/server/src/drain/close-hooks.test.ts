import { createFakeClock, passTime } from '@alfred/testkit'
import { noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { createCloseHooks } from './close-hooks.ts'

const never = () => new Promise<void>(() => undefined)

it('closes the last first, one after the other, whatever the others do', async () => {
  const clock = createFakeClock()
  const hooks = createCloseHooks(clock, noopLogger)
  const order: string[] = []
  const add = (name: string, close: () => unknown) =>
    hooks.add({
      name,
      timeoutMs: 100,
      close() {
        order.push(`${name} ${String(clock.elapsedMs)}`)
        return close()
      },
    })
  add('first', () => 'not a promise')
  add('rejects', () => Promise.reject(new Error('no')))
  add('throws', () => {
    throw new Error('no')
  })
  add('removed', never)()
  add('hangs', never)
  add('last', () => Promise.resolve())
  const failed = hooks.run(1000)
  await passTime(clock, 200)
  await expect(failed).resolves.toEqual(['hangs', 'throws', 'rejects'])
  expect(order).toEqual(['last 0', 'hangs 50', 'throws 150', 'rejects 150', 'first 150'])
  expect(clock.pendingTimers).toBe(0)
  expect(() => add('late', never)).toThrow(
    expect.objectContaining({ code: 'ALFRED_LIFECYCLE_CLOSED' }) as Error,
  )
})

it('shares one deadline', async () => {
  const clock = createFakeClock()
  const hooks = createCloseHooks(clock, noopLogger)
  for (const name of ['a', 'b', 'c']) hooks.add({ name, timeoutMs: 3000, close: never })
  const failed = hooks.run(4000)
  await passTime(clock, 4000)
  // The last one was called, too, with no time left to wait for it.
  clock.advance(0)
  await expect(failed).resolves.toEqual(['c', 'b', 'a'])
})
