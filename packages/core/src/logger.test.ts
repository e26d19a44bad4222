import { setImmediate } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { loggerRule, noopLogger } from './logger.ts'
import { readOptions } from './options/read-options.ts'

it('keeps what a logger throws or rejects with from those who log', async () => {
  const logger = readOptions(
    'logger',
    {
      ...noopLogger,
      warn: () => {
        throw new Error('disk full')
      },
      error: () => Promise.reject(new Error('disk full')),
    },
    loggerRule,
  )
  logger.warn({}, 'first')
  logger.error({}, 'second')
  await setImmediate()
  expect(readOptions('logger', logger, loggerRule)).toBe(logger)
})

it('calls the methods on the logger itself', () => {
  class Recorder {
    readonly lines: string[] = []
    debug = vi.fn()
    info = vi.fn()
    error = vi.fn()
    warn(_fields: unknown, message: string): void {
      this.lines.push(message)
    }
  }
  const recorder = new Recorder()
  readOptions('logger', recorder, loggerRule).warn({}, 'a line')
  expect(recorder.lines).toEqual(['a line'])
})
