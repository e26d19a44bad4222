import { createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock, type FakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createStoreTime } from './store-time.ts'

const minute = 60_000
const hour = 60 * minute

function open(storeClock?: FakeClock) {
  const clock = createFakeClock()
  const told: string[] = []
  const events = createEventBus(noopLogger)
  events.on('vault.clock-skewed', ({ skewMs }) => told.push(`skewed ${String(skewMs / minute)}`))
  events.on('vault.clock-synchronized', () => told.push('synchronized'))
  const store = storeClock ? { now: () => Promise.resolve(storeClock.now()) } : {}
  const time = createStoreTime({ store, clock, events, logger: noopLogger })
  return { clock, time, told }
}

it("is the store's, and not trusted while the own clock is more than a minute off", async () => {
  const storeClock = createFakeClock()
  const { clock, time, told } = open(storeClock)
  await time.check()
  expect(time.isTrusted).toBe(true)
  clock.jump(31 * 24 * hour)
  await time.check()
  expect(time.now()).toBe(storeClock.now())
  expect(time.isTrusted).toBe(false)
  clock.jump(-31 * 24 * hour + 30_000)
  await time.check()
  expect(time.isTrusted).toBe(true)
  expect(told).toEqual([`skewed ${String(31 * 24 * 60)}`, 'synchronized'])
})

it.each([25 * hour, -25 * hour, 2 * minute])(
  'does not follow a jump of %d ms before ten minutes have passed without another',
  async (jump) => {
    const { clock, time } = open()
    await time.check()
    const start = clock.now()
    clock.jump(jump)
    for (let minutes = 0; minutes < 10; minutes++) {
      await time.check()
      expect(time.isTrusted).toBe(false)
      expect(time.now()).toBe(start + minutes * minute)
      clock.advance(minute)
    }
    await time.check()
    expect(time.isTrusted).toBe(true)
    expect(time.now()).toBe(clock.now())
  },
)

it('forgets a jump that is taken back, and goes along with a clock that drifts', async () => {
  const { clock, time, told } = open()
  await time.check()
  clock.jump(hour)
  await time.check()
  clock.jump(-hour)
  await time.check()
  expect(time.isTrusted).toBe(true)
  for (let step = 0; step < 10; step++) {
    clock.jump(50_000)
    await time.check()
  }
  expect(time.now()).toBe(clock.now())
  expect(told).toEqual(['skewed 60', 'synchronized'])
})
