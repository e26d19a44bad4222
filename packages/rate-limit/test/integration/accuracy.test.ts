import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { accuracyPolicies, ask, createAccuracyLimiter, type LoggedAnswer } from './accuracy-limiter.ts'

const processes = 4
const runMs = 2000

/**
 * Lets four processes, each with a limiter of its own, ask for one key on one Redis. When they have stopped this one asks
 * until it is denied, so that the log ends with nothing left.
 */
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

  await using limiter = createAccuracyLimiter(redis.url)
  await limiter.ready()
  const last: LoggedAnswer[] = []
  for (const { name } of accuracyPolicies) {
    do last.push(await ask(limiter, name))
    while (last.at(-1)?.allowed)
  }
  return [...logs.flat(), ...last]
}

/** The most that any time of `ms` may admit. */
const bounds: Readonly<Record<(typeof accuracyPolicies)[number]['algorithm'], (ms: number) => number>> = {
  gcra: (ms) => 400 + ms / 25,
  'sliding-window': (ms) => 40 + ms / 25,
  'fixed-window': (ms) => 40 * (Math.floor(ms / 1000) + 2),
  'token-bucket': (ms) => 50 + 40 * (Math.floor(ms / 1000) + 1),
}

const log = await countTogether()

describe.each(accuracyPolicies)('four limiters on one Redis, $name', ({ name, algorithm }) => {
  const admitted = log
    .filter(({ policy, allowed }) => policy === name && allowed)
    .toSorted((one, other) => one.cameAt - other.cameAt)

  it('admit no more than the bound in any interval of the log', () => {
    expect(admitted.length).toBeGreaterThan(bounds[algorithm](0) / 2)
    for (const { askedAt: from } of admitted) {
      let within = 0
      // All that were asked for and answered in an interval were decided in it.
      for (const { askedAt, cameAt } of admitted) {
        if (askedAt < from) continue
        within += 1
        if (within > bounds[algorithm](cameAt - from))
          expect({ within, ms: cameAt - from }).toEqual('the bound')
      }
    }
  })
})

it('four limiters on one Redis admit at most one less than they may', () => {
  const answers = log.filter(({ policy }) => policy === 'gcra')
  const admitted = answers.filter(({ allowed }) => allowed)
  const begunBy = Math.min(...admitted.map(({ cameAt }) => cameAt))
  // Every answer after this question had come: it found the bucket empty.
  const end = answers.find(({ allowed }) => !allowed)?.askedAt ?? NaN
  expect(admitted.length).toBeGreaterThanOrEqual(bounds.gcra(end - begunBy) - 1)
})
