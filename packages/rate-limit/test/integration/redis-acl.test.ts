import { startRedis, waitFor } from '@alfred/testkit'
import { readFile } from 'node:fs/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createRateLimiter, createRedisStore, type RateLimiter } from '../../src/index.ts'

const redis = await startRedis()
const administrator = new Redis(redis.url)
afterAll(async () => {
  administrator.disconnect()
  await redis.stop()
})

/** The rules for a user, as the README of the package gives them to be pasted. */
async function documentedRules(): Promise<string[]> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [, rules] = /^ACL SETUSER limiter on >secret (.*)$/m.exec(readme) ?? []
  if (rules === undefined) throw new Error('the README has no rules for a user')
  return rules.split(' ')
}

function connect(user: string, password: string, deadlineMs = 2000): RateLimiter {
  const url = new URL(redis.url)
  Object.assign(url, { username: user, password })
  const limiter = createRateLimiter({
    store: createRedisStore({ url: url.href }),
    deadlineMs,
    policies: [
      { name: 'login', limit: 2, windowMs: 60_000, key: 'user', match: false, plan: () => undefined },
    ],
  })
  onTestFinished(() => limiter.close())
  return limiter
}

beforeAll(async () => {
  await administrator.call('ACL', 'SETUSER', 'limiter', 'on', '>secret', ...(await documentedRules()))
})

it('needs no more rights than the README names', async () => {
  const [here, there] = [connect('limiter', 'secret'), connect('limiter', 'secret')]
  await Promise.all([here.ready(), there.ready()])
  await waitFor(async () => (await administrator.pubsub('NUMSUB', 'alfred:rl:edits'))[1] === 2, {
    what: 'both subscriptions',
  })
  await here.ping()
  await here.block('login', 'ann', 60_000)
  expect((await there.consume({ policy: 'login', key: 'ann' })).allowed).toBe(false)
  await here.reset('login', 'ann')
  await waitFor(async () => (await there.consume({ policy: 'login', key: 'ann' })).allowed, {
    what: 'the other process',
  })
  await here.plans.forget('ann')
  const reservation = await here.reserve('bob', { policy: 'login', cost: 2 })
  await reservation.refund()
  expect(await here.get('login', 'bob')).toMatchObject({ remaining: 2 })
  expect(await administrator.call('ACL', 'LOG')).toEqual([])
})

it('says why it does not answer: a wrong password', async () => {
  const limiter = connect('limiter', 'wrong')
  await limiter.ready()
  const error: unknown = await limiter.ping().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'ALFRED_STORE_UNAVAILABLE' })
  expect(String(causes(error).at(-1))).toContain('WRONGPASS')
})

it('says why it does not answer: a command that the user may not call', async () => {
  await administrator.call('ACL', 'SETUSER', 'reader', 'on', '>secret', '~*', '+info', '+get')
  const limiter = connect('reader', 'secret')
  await limiter.ready()
  const error: unknown = await limiter.ping().catch((reason: unknown) => reason)
  expect(String(causes(error).at(-1))).toContain('NOPERM')
})

it('says why it does not answer: too late', async () => {
  const limiter = connect('limiter', 'secret', 50)
  await limiter.ready()
  await administrator.call('CLIENT', 'PAUSE', '60000', 'ALL')
  const error: unknown = await limiter.ping().catch((reason: unknown) => reason)
  expect(String(causes(error).at(-1))).toContain('did not answer within 50 ms')
})

/** An error and what it was caused by, outermost first. */
function causes(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : []
}
