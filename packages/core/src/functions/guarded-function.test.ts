import { createFakeClock } from '@alfred/testkit'
import { describe, expect, it, vi } from 'vitest'
import { createAwaitedFunction } from './awaited-function.ts'
import { createGuardedFunction } from './guarded-function.ts'
import { noopLogger } from '../logger.ts'
import { readBoolean } from './read-boolean.ts'

const failure = new Error('broken')

const setUp = (call: () => unknown) => {
  const error = vi.fn()
  const clock = createFakeClock()
  const shared = {
    name: 'cors.origin',
    call,
    read: (answer: unknown) => readBoolean('cors.origin', answer),
    fallback: false,
    consequence: 'the origin is not allowed',
    logger: { ...noopLogger, error },
  }
  return {
    clock,
    guarded: createGuardedFunction(shared),
    awaited: createAwaitedFunction({ ...shared, clock, timeoutMs: 1000 }),
    faults: () =>
      error.mock.calls.map(([fields]: unknown[]) => Reflect.get(Object(fields), 'fault') as unknown),
  }
}

const foreign = (then: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void) => ({
  then,
})

describe('a function whose answer is needed at once', () => {
  it.each([
    ['true', () => true, true, []],
    ['false', () => false, false, []],
    ['a truthy string', () => 'yes', false, ['returned-the-wrong-type']],
    ['1', () => 1, false, ['returned-the-wrong-type']],
    ['nothing', () => undefined, false, ['returned-the-wrong-type']],
    ['a promise of true', () => Promise.resolve(true), false, ['returned-a-promise']],
    ['a promise that rejects', () => Promise.reject(failure), false, ['returned-a-promise']],
    [
      'a foreign thenable',
      () =>
        foreign((resolve) => {
          resolve(true)
        }),
      false,
      ['returned-a-promise'],
    ],
    [
      'an object whose then cannot be read',
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw failure
          },
        }),
      false,
      ['threw'],
    ],
    [
      'a throw',
      () => {
        throw failure
      },
      false,
      ['threw'],
    ],
  ])('%s', (_name, call, expected, faults) => {
    const { guarded, faults: logged } = setUp(call)
    expect([guarded(), guarded()]).toEqual([expected, expected])
    expect(logged()).toEqual(faults)
  })
})

describe('a function that may return a promise', () => {
  it.each([
    ['true', () => true, true, []],
    ['a promise of true', () => Promise.resolve(true), true, []],
    [
      'a foreign thenable of true',
      () =>
        foreign((resolve) => {
          resolve(true)
        }),
      true,
      [],
    ],
    [
      'a foreign thenable that calls back twice',
      () =>
        foreign((resolve, reject) => {
          resolve(true)
          reject(failure)
          resolve(false)
        }),
      true,
      [],
    ],
    [
      'a foreign thenable that throws',
      () =>
        foreign(() => {
          throw failure
        }),
      false,
      ['threw'],
    ],
    ['a rejection', () => Promise.reject(failure), false, ['threw']],
    ['a promise of the wrong type', () => Promise.resolve('yes'), false, ['returned-the-wrong-type']],
    ['a promise of a promise', () => Promise.resolve(Promise.resolve(true)), true, []],
  ])('%s', async (_name, call, expected, faults) => {
    const { awaited, faults: logged } = setUp(call)
    expect([await awaited(), await awaited()]).toEqual([expected, expected])
    expect(logged()).toEqual(faults)
  })

  it('takes the fallback when the promise does not settle in time, and drops a late rejection', async () => {
    let reject: (error: unknown) => void = () => undefined
    const { awaited, clock, faults } = setUp(
      () =>
        new Promise((_resolve, fail) => {
          reject = fail
        }),
    )
    const answer = awaited()
    clock.advance(1000)
    expect(await answer).toBe(false)
    reject(failure)
    expect(faults()).toEqual(['timed-out'])
    expect(clock.pendingTimers).toBe(0)
  })
})
