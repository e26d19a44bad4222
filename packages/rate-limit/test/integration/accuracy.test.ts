import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '@alfred/core'
import { startRedis } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/index.ts'
import type { LoggedAnswer } from './accuracy-process.ts'
import { accuracyRules } from './accuracy-rules.ts'

const processes = 4
const runMs = 2000

/** Lets four processes count on one Redis, and returns what each answer was and when Redis gave it. */
async function countTogether(): Promise<readonly LoggedAnswer[]> {
  await using redis = await startRedis()
  const module = fileURLToPath(new URL('accuracy-process.ts', import.meta.url))
  const children = Array.from({ length: processes }, () =>
    fork(module, [redis.url], { execArgv: ['--conditions=@alfred/source'] }),
  )
  await Promise.all(children.map((child) => once(child, 'message')))
  for (const child of children) child.send('go')
  await delay(runMs)
  const logOf = async (child: ChildProcess): Promise<readonly LoggedAnswer[]> => {
    const came = once(child, 'message')
    child.send('stop')
    const [log] = (await came) as [readonly LoggedAnswer[]]
    return log
  }
  const logs = await Promise.all(children.map(logOf))
  await Promise.all(children.map(async (child) => child.exitCode ?? (await once(child, 'exit'))))
  return logs.flat().toSorted(([, one], [, other]) => one - other)
}

/** The most that any time of `us` microseconds may admit. */
const bounds: Readonly<Record<(typeof accuracyRules)[number]['algorithm'], (us: number) => number>> = {
  gcra: (us) => 6 + us / 20_000,
  'sliding-window': (us) => 20 + us / 20_000,
  'fixed-window': (us) => 20 * (Math.floor(us / 400_000) + 2),
  'token-bucket': (us) => 26 + 20 * (Math.floor(us / 400_000) + 1),
}

const log = await countTogether()

describe.each([...accuracyRules.entries()])('four processes on one Redis, rule %i', (place, rule) => {
  const answers = log.filter(([of]) => of === place)
  const admittedAt = answers.filter(([, , admitted]) => admitted).map(([, atUs]) => atUs)

  it(`${rule.algorithm} admits no more than its bound in any interval of the log`, () => {
    // More was asked for than it may admit.
    expect(answers.length).toBeGreaterThan(admittedAt.length)
    for (const [first, from] of admittedAt.entries()) {
      for (let last = first; last < admittedAt.length; last += 1) {
        const us = (admittedAt[last] ?? NaN) - from
        const admitted = last - first + 1
        if (admitted > bounds[rule.algorithm](us)) expect({ us, admitted }).toEqual('within the bound')
      }
    }
  })

  it(`${rule.algorithm} admits at most one less than a single process would`, () => {
    const startUs = answers[0]?.[1] ?? 0
    let nowUs = 0
    const clock: Clock = { ...systemClock, monotonicMs: () => nowUs / 1000 }
    const alone = createMemoryStore({ clock }).prepare([rule])
    let admitted = 0
    for (const [, atUs] of answers) {
      nowUs = atUs - startUs
      if (alone('s').admitted) admitted += 1
    }
    expect(Math.abs(admitted - admittedAt.length)).toBeLessThanOrEqual(1)
  })
})
