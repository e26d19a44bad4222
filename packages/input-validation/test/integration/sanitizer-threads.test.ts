import { noopLogger, systemClock } from '@alfred/core'
import { afterEach, expect, it } from 'vitest'
import {
  createSanitizerThreads,
  type SanitizerThreads,
  type SanitizerThreadsOptions,
} from '../../src/sanitizer-threads/sanitizer-threads.ts'

const opened: SanitizerThreads[] = []

function open(options: Partial<SanitizerThreadsOptions> = {}): SanitizerThreads {
  const threads = createSanitizerThreads({
    job: { kind: 'html', config: {}, maxDepth: 10 },
    size: 1,
    maxQueued: 10,
    // A loaded machine must not turn a slow answer into a time-out.
    timeoutMs: 60_000,
    logger: noopLogger,
    clock: systemClock,
    module: new URL('../threads/faulty-thread.ts', import.meta.url),
    ...options,
  })
  opened.push(threads)
  return threads
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((threads) => threads.close()))
})

it.each([
  ['hangs', 'hang', 'timeout', 1000],
  ['exits', 'exit', 'failed', 60_000],
  ['throws', 'throw', 'failed', 60_000],
  ['runs out of memory', 'fill', 'failed', 60_000],
])(
  'a text whose thread %s fails, and those behind it get another thread',
  { timeout: 120_000 },
  async (_what, text, failure, timeoutMs) => {
    const threads = open({ timeoutMs })
    const outcomes = await Promise.all(['<b>1', text, '<b>2'].map((each) => threads.run(each)))
    expect(outcomes).toEqual([{ html: '<b>1' }, { failure }, { html: '<b>2' }])
    expect(await threads.run('<b>3')).toEqual({ html: '<b>3' })
  },
)

it('settles everybody when no thread comes up', { timeout: 60_000 }, async () => {
  const threads = open({ module: new URL('../threads/missing-thread.ts', import.meta.url) })
  await expect(threads.warm()).rejects.toThrow()
  expect(await Promise.all(['<b>1', '<b>2'].map((each) => threads.run(each)))).toEqual([
    { failure: 'failed' },
    { failure: 'failed' },
  ])
})
