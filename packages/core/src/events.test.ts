import { expect, it, vi } from 'vitest'
import { createEventBus } from './events.ts'
import { noopLogger } from './logger.ts'

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
