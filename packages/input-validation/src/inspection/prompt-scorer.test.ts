import { createEventBus, noopLogger } from '@alfred/core'
import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { chatMessage } from '../fields/text.ts'
import { validate } from '../request/validate.ts'
import type { ContentFlag } from './flag-collector.ts'
import type { PromptScorer } from './prompt-scorer.ts'

/** Validates messages with a scorer. @returns the flags, and whether every request passed at once */
function run(scorer: Omit<PromptScorer, 'onError'>, messages = ['hello']) {
  const events = createEventBus(noopLogger)
  const flags: ContentFlag[] = []
  const errors: unknown[] = []
  events.on('validation.flagged', (flag) => flags.push(flag))
  const promptScorer = { ...scorer, onError: (error: unknown) => errors.push(error) }
  const check = validate({ body: z.strictObject({ message: chatMessage({ promptScorer }) }) }, { events })
  let passed = 0
  for (const message of messages) {
    check({ headers: {}, url: '/', body: { message } } as never, {} as never, () => {
      passed++
    })
  }
  return { flags, errors, passed }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('flags what the scorer is sure of, after the request has passed', async () => {
  const { flags, passed } = run({ score: (text) => Promise.resolve(text === 'bad' ? 0.9 : 0.1) }, [
    'bad',
    'good',
  ])
  expect([passed, flags.length]).toEqual([2, 0])
  await settled()
  expect(flags).toMatchObject([{ detector: 'prompt', action: 'flag', score: 0.9, pointer: '/body/message' }])
})

it.each<[string, PromptScorer['score'], RegExp]>([
  ['rejects', () => Promise.reject(new Error('down')), /down/],
  [
    'throws',
    () => {
      throw new Error('broken')
    },
    /broken/,
  ],
  ['answers nonsense', () => Promise.resolve(Number.NaN), /no number/],
])('costs the request nothing when it %s', async (_what, score, message) => {
  const { flags, errors, passed } = run({ score })
  await settled()
  expect([passed, flags]).toEqual([1, []])
  expect(String(errors[0])).toMatch(message)
})

it('gives up at the deadline and tells the scorer', async () => {
  const clock = createFakeClock()
  let signal: AbortSignal | undefined
  const { flags, errors } = run({
    deadlineMs: 500,
    clock,
    score: (_text, given) => {
      signal = given
      return new Promise(() => undefined)
    },
  })
  clock.advance(500)
  await settled()
  expect(signal?.aborted).toBe(true)
  expect([flags, errors.length]).toEqual([[], 1])
})

it('scores no more texts at a time than it may', () => {
  let asked = 0
  const score = () => {
    asked++
    return new Promise<number>(() => undefined)
  }
  const clock = createFakeClock()
  const { passed } = run({ score, deadlineMs: 500, maxPending: 2, clock }, ['a', 'b', 'c'])
  expect([passed, asked]).toEqual([3, 2])
  clock.advance(500)
})
