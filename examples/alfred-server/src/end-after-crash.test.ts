import { EventEmitter } from 'node:events'
import { noopLogger } from '@alfred/core'
import { expect, it, vi } from 'vitest'
import { endAfterCrash } from './end-after-crash.ts'

function crash(drained: Promise<unknown>) {
  const process = Object.assign(new EventEmitter(), { exit: vi.fn() })
  const capture = vi.fn()
  const errorTracker = { capture, flush: () => Promise.resolve(true) }
  const start = vi.fn(() => drained)
  const error = vi.fn()
  endAfterCrash({ logger: { ...noopLogger, error }, errorTracker, drain: { start }, process })
  return { process, capture, start, error }
}

const broken = new Error('broken')

it('logs, reports, drains, and exits with 1', async () => {
  const { process, capture, start, error } = crash(Promise.resolve())
  process.emit('uncaughtException', broken)
  await vi.waitFor(() => {
    expect(process.exit).toHaveBeenCalledExactlyOnceWith(1)
  })
  expect(error).toHaveBeenCalledWith({ err: broken }, expect.any(String))
  expect(capture).toHaveBeenCalledWith(broken, { level: 'fatal' })
  expect(start).toHaveBeenCalledWith('crash')
})

it('exits at once when it happens again', () => {
  const { process, capture } = crash(new Promise(() => undefined))
  process.emit('uncaughtException', broken)
  process.emit('uncaughtException', broken)
  expect(process.exit).toHaveBeenCalledExactlyOnceWith(1)
  expect(capture).toHaveBeenCalledTimes(1)
})

it('exits when the drain fails, too', async () => {
  const { process } = crash(Promise.reject(new Error('stuck')))
  process.emit('uncaughtException', broken)
  await vi.waitFor(() => {
    expect(process.exit).toHaveBeenCalledWith(1)
  })
})
