import { expect, it, vi } from 'vitest'
import { redisCheck } from './redis-check.ts'

const signal = new AbortController().signal

it.each([
  ['ioredis, connected', { status: 'ready' }, 'pass'],
  ['ioredis, not yet connected', { status: 'wait' }, 'pass'],
  ['ioredis, connecting', { status: 'connecting' }, 'pass'],
  ['ioredis, reconnecting', { status: 'reconnecting' }, 'fail'],
  ['ioredis, given up', { status: 'end' }, 'fail'],
  ['node-redis, connected', { isOpen: true, isReady: true }, 'pass'],
  ['node-redis, reconnecting', { isOpen: true, isReady: false }, 'fail'],
  ['a client that says nothing', {}, 'pass'],
])('%s: %j gives %s', async (_name, state, status) => {
  const ping = vi.fn(() => Promise.resolve('PONG'))
  const result = await redisCheck({ ping, ...state }).check(signal)
  expect(result).toMatchObject({ status })
  // A lost connection would only queue the command.
  expect(ping).toHaveBeenCalledTimes(status === 'pass' ? 1 : 0)
})

it('refuses what cannot ping', () => {
  expect(() => redisCheck({} as never)).toThrow('redisCheck.client: must be an object with ping().')
})
