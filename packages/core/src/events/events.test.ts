import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { createEventBus, eventBusRule } from './events.ts'
import { noopLogger } from '../logger.ts'
import { readOptions } from '../options/read-options.ts'

it('delivers to the listeners of that event, until they leave', () => {
  const bus = createEventBus(noopLogger)
  const listener = vi.fn()
  const leave = bus.on('drain.started', listener)
  bus.emit('drain.started', { signal: 'SIGTERM' })
  bus.emit('drain.finished', { durationMs: 1, forced: false })
  leave()
  bus.emit('drain.started', { signal: 'SIGINT' })
  expect(listener.mock.calls).toEqual([[{ signal: 'SIGTERM' }]])
})

it('keeps a failing listener from the emitter and the other listeners', () => {
  const error = vi.fn()
  const bus = createEventBus({ ...noopLogger, error })
  const failure = new Error('listener')
  const listener = vi.fn()
  bus.on('drain.started', () => {
    throw failure
  })
  bus.on('drain.started', listener)
  bus.emit('drain.started', { signal: 'SIGTERM' })
  expect(listener).toHaveBeenCalledOnce()
  expect(error).toHaveBeenCalledWith({ err: failure, event: 'drain.started' }, 'an event listener failed')
})

it('logs a listener that rejects', async () => {
  const error = vi.fn()
  const failure = new Error('listener')
  const bus = createEventBus({ ...noopLogger, error })
  bus.on('drain.started', () => Promise.reject(failure) as never)
  bus.emit('drain.started', { signal: 'SIGTERM' })
  await setImmediate()
  expect(error).toHaveBeenCalledWith({ err: failure, event: 'drain.started' }, 'an event listener failed')
})

it('keeps the failures of a bus of the application from those who use it', async () => {
  const failing = {
    emit: () => {
      throw new Error('bus')
    },
    on: () => Promise.reject(new Error('bus')) as never,
  }
  const bus = readOptions('events', failing, eventBusRule)
  bus.emit('drain.started', { signal: 'SIGTERM' })
  bus.on('drain.started', () => undefined)()
  await setImmediate()
  expect(readOptions('events', bus, eventBusRule)).toBe(bus)
})

it('leaves a bus of its own as it is', () => {
  const bus = createEventBus(noopLogger)
  expect(readOptions('events', bus, eventBusRule)).toBe(bus)
})
