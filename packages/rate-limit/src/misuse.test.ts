import { addressGroup, noopLogger } from '@alfred/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, policy, setUp, statuses, serve } from '../test/limiter-under-test.ts'
import { createRateLimiter, type RateLimitKey } from './index.ts'

function createWarnings() {
  const warnings: string[] = []
  const logger = { ...noopLogger, warn: (_fields: object, message: string) => warnings.push(message) }
  return { warnings, logger }
}

describe('a limiter that is mounted twice', () => {
  it('counts a request once, and says so once', async () => {
    const { warnings, logger } = createWarnings()
    const { limiter } = setUp({ policies: [policy({ limit: 3 })], logger })
    const { port } = await listen((request, response) => {
      limiter.middleware(request, response, () => {
        limiter.middleware(request, response, () => response.end('ok'))
      })
    })
    const left = []
    for (let asked = 0; asked < 2; asked += 1) {
      const response = await fetch(`http://127.0.0.1:${String(port)}/`)
      left.push(response.headers.get('ratelimit'))
    }
    expect(left).toEqual([expect.stringContaining('r=2'), expect.stringContaining('r=1')])
    expect(warnings).toEqual([expect.stringContaining('mounted twice')])
  })

  it('counts by the policies that did not match before: in front of two routers', async () => {
    const { warnings, logger } = createWarnings()
    const all = policy({ name: 'all', limit: 9 })
    const { limiter } = setUp({ policies: [all, policy({ name: 'export', limit: 9, match: false })], logger })
    const { port } = await listen((request, response) => {
      limiter.middleware(request, response, () => {
        limiter.limit('export')(request, response, () => response.end('ok'))
      })
    })
    await fetch(`http://127.0.0.1:${String(port)}/`)
    expect(await limiter.get('all', '127.0.0.1')).toMatchObject({ remaining: 8 })
    expect(await limiter.get('export', '127.0.0.1')).toMatchObject({ remaining: 8 })
    expect(warnings).toEqual([])
  })
})

describe('a key function', () => {
  it.each<[string, RateLimitKey, number]>([
    ['an IPv6 address', () => '2001:db8::1', 1],
    ['a group of addresses', () => addressGroup('2001:db8::1', 56), 0],
    ['an IPv4 address', () => '203.0.113.7', 0],
    ['a name with colons', () => 'tenant:7:user:9', 0],
  ])('that returns %s', async (_what, key, times) => {
    const { warnings, logger } = createWarnings()
    const ask = await serve(setUp({ policies: [policy({ key })], logger }))
    expect(statuses([await ask(), await ask()])).toEqual([200, 200])
    expect(warnings).toHaveLength(times)
  })
})

it('a limiter that is created for each request is said once', async () => {
  const { warnings, logger } = createWarnings()
  const { port } = await listen((request, response) => {
    const limiter = createRateLimiter({ policies: [policy()], logger })
    onTestFinished(() => limiter.close())
    limiter.middleware(request, response, () => response.end('ok'))
  })
  for (let asked = 0; asked < 3; asked += 1) await fetch(`http://127.0.0.1:${String(port)}/`)
  expect(warnings).toEqual([expect.stringContaining('Create it once')])
})
