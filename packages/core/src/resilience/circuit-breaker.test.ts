import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createCircuitBreaker } from './circuit-breaker.ts'

function open() {
  const clock = createFakeClock()
  const breaker = createCircuitBreaker({ clock, failuresToOpen: 2, probeEveryMs: 500 })
  expect([breaker.failed(), breaker.failed()]).toEqual([false, true])
  return { clock, breaker }
}

it('opens after so many failures in a row, once', () => {
  const breaker = createCircuitBreaker({ clock: createFakeClock(), failuresToOpen: 2, probeEveryMs: 500 })
  breaker.failed()
  expect([breaker.isOpen, breaker.admits(), breaker.succeeded()]).toEqual([false, true, false])
  expect([breaker.failed(), breaker.failed(), breaker.failed()]).toEqual([false, true, false])
  expect([breaker.isOpen, breaker.failures]).toEqual([true, 3])
})

it('opens after five failures unless told otherwise', () => {
  const breaker = createCircuitBreaker({ clock: createFakeClock(), probeEveryMs: 500 })
  expect(Array.from({ length: 6 }, () => breaker.failed())).toEqual([false, false, false, false, true, false])
})

it('lets one call through in every interval while it is open', () => {
  const { clock, breaker } = open()
  expect(breaker.admits()).toBe(false)
  clock.advance(499)
  expect(breaker.admits()).toBe(false)
  clock.advance(1)
  expect([breaker.admits(), breaker.admits()]).toEqual([true, false])
  clock.advance(500)
  expect(breaker.admits()).toBe(true)
})

it('closes at the next success', () => {
  const { breaker } = open()
  expect([breaker.succeeded(), breaker.isOpen, breaker.admits(), breaker.succeeded()]).toEqual([
    true,
    false,
    true,
    false,
  ])
})
