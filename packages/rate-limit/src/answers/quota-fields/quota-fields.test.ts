import { createFakeClock } from '@alfred/testkit'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  createMemoryStore,
  createRateLimiter,
  type RateLimitOptions,
  type RateLimitPolicy,
} from '../../index.ts'
import { quotaFieldNames } from './quota-fields.ts'

const clock = createFakeClock()
const address = '203.0.113.7'

const policies: readonly RateLimitPolicy[] = [
  { name: 'burst "a"', limit: 2, windowMs: 60_000, key: () => address },
  { name: 'day', limit: 1000, windowMs: 86_400_000, key: () => address },
  { name: 'watch', limit: 1, windowMs: 60_000, key: () => address, mode: 'shadow' },
]

/** The fields of the response to the last of so many requests. */
async function fieldsAfter(requests: number, options: RateLimitOptions) {
  const limiter = createRateLimiter({ policies, store: createMemoryStore({ clock }), clock, ...options })
  let fields: ReturnType<ServerResponse['getHeaders']> = {}
  for (let sent = 0; sent < requests; sent++) {
    const request = new IncomingMessage(new Socket())
    const response = new ServerResponse(request)
    limiter.middleware(request, response, () => undefined)
    fields = response.getHeaders()
  }
  await limiter.close()
  return Object.fromEntries(Object.entries(fields).filter(([name]) => /ratelimit|retry/.test(name)))
}

describe('the fields of a version', () => {
  it.each([
    [
      'draft-11',
      {
        'ratelimit-policy': '"burst \\"a\\"";q=2;w=60, "day";q=1000;w=86400',
        ratelimit: '"burst \\"a\\"";r=1;t=30, "day";r=999;t=87',
      },
      {
        'ratelimit-policy': '"burst \\"a\\"";q=2;w=60, "day";q=1000;w=86400',
        ratelimit: '"burst \\"a\\"";r=0;t=30',
        'retry-after': 30,
      },
    ],
    [
      'draft-8',
      {
        'ratelimit-policy': '"burst \\"a\\"";q=2;w=60, "day";q=1000;w=86400',
        ratelimit: '"burst \\"a\\"";r=1;t=30, "day";r=999;t=87',
      },
      {
        'ratelimit-policy': '"burst \\"a\\"";q=2;w=60, "day";q=1000;w=86400',
        ratelimit: '"burst \\"a\\"";r=0;t=30',
        'retry-after': 30,
      },
    ],
    [
      'draft-7',
      { 'ratelimit-policy': '2;w=60, 1000;w=86400', ratelimit: 'limit=2, remaining=1, reset=30' },
      {
        'ratelimit-policy': '2;w=60, 1000;w=86400',
        ratelimit: 'limit=2, remaining=0, reset=30',
        'retry-after': 30,
      },
    ],
    [
      'legacy',
      {
        'x-ratelimit-limit': 2,
        'x-ratelimit-remaining': 1,
        'x-ratelimit-reset': Math.ceil(clock.now() / 1000) + 30,
      },
      {
        'x-ratelimit-limit': 2,
        'x-ratelimit-remaining': 0,
        'x-ratelimit-reset': Math.ceil(clock.now() / 1000) + 60,
        'retry-after': 30,
      },
    ],
    [false, {}, { 'retry-after': 30 }],
  ] as const)('%s', async (headers, admitted, denied) => {
    expect(await fieldsAfter(1, { headers })).toEqual(admitted)
    expect(await fieldsAfter(3, { headers })).toEqual(denied)
  })

  it('draft-7 lists one policy of each quota, as it must', async () => {
    const same = [
      { name: 'a', limit: 10, windowMs: 60_000, key: () => address },
      { name: 'b', limit: 10, windowMs: 1000, key: () => address },
    ]
    const fields = await fieldsAfter(1, { headers: 'draft-7', policies: same })
    expect(fields['ratelimit-policy']).toBe('10;w=1')
  })

  it.each(['draft-7', 'draft-8'] as const)(
    '%s names the time of Retry-After on a denial',
    async (headers) => {
      const fields = await fieldsAfter(3, { headers, retryAfterJitterMs: 3_600_000 })
      const seconds = String(fields['retry-after'])
      expect(Number(seconds)).toBeGreaterThanOrEqual(30)
      expect(fields['ratelimit']).toMatch(new RegExp(`(t|reset)=${seconds}$`))
    },
  )

  it('draft-11 leaves Retry-After at or after the end of the window', async () => {
    const fields = await fieldsAfter(3, { retryAfterJitterMs: 3_600_000 })
    expect(fields['ratelimit']).toBe('"burst \\"a\\"";r=0;t=30')
    expect(Number(fields['retry-after'])).toBeGreaterThanOrEqual(30)
  })
})

describe('the fields of a plan', () => {
  const planned = (limit: number): RateLimitOptions => ({
    policies: [{ name: 'api', limit: 2, windowMs: 60_000, key: () => address, plan: () => ({ limit }) }],
  })

  it.each([
    ['draft-11', { 'ratelimit-policy': '"api";q=0;w=60', ratelimit: '"api";r=0' }],
    ['draft-8', { 'ratelimit-policy': '"api";q=0;w=60', ratelimit: '"api";r=0' }],
    ['draft-7', { 'ratelimit-policy': '0;w=60', ratelimit: 'limit=0, remaining=0, reset=60' }],
    [
      'legacy',
      {
        'x-ratelimit-limit': 0,
        'x-ratelimit-remaining': 0,
        'x-ratelimit-reset': Math.ceil(clock.now() / 1000) + 60,
      },
    ],
  ] as const)('that grants nothing name no time to come back: %s', async (headers, expected) => {
    expect(await fieldsAfter(2, { headers, ...planned(0) })).toEqual(expected)
  })

  it.each(['draft-11', 'draft-8', 'draft-7', 'legacy'] as const)(
    'without a limit say nothing: %s',
    async (headers) => {
      expect(await fieldsAfter(5, { headers, ...planned(Infinity) })).toEqual({})
    },
  )
})

describe('partition keys', () => {
  const partitioned = policies.map((policy) => ({ ...policy, partitionKey: policy.name === 'day' }))
  const options = { policies: partitioned, partitionKeySecret: 'correct horse battery' }

  it.each(['draft-11', 'draft-8'] as const)('stand in both fields of %s', async (headers) => {
    const fields = await fieldsAfter(1, { ...options, headers })
    const key = /;pk=:[A-Za-z0-9+/]{11}=:/
    expect(fields['ratelimit-policy']).toMatch(
      new RegExp(`^"burst \\\\"a\\\\"";q=2;w=60, "day";[^,]*${key.source}$`),
    )
    expect(fields['ratelimit']).toMatch(new RegExp(`"day";r=999;t=87${key.source}$`))
  })

  it('are the same with the same secret, and others with another', async () => {
    const [one, two, other, random] = await Promise.all([
      fieldsAfter(1, options),
      fieldsAfter(1, options),
      fieldsAfter(1, { ...options, partitionKeySecret: 'wrong horse, no battery' }),
      fieldsAfter(1, { policies: partitioned }),
    ])
    expect(one).toEqual(two)
    expect(new Set([one, other, random].map((fields) => fields['ratelimit'])).size).toBe(3)
  })

  it('do not show the address', async () => {
    const fields = await fieldsAfter(1, options)
    const key = /pk=:([^:]+):/.exec(String(fields['ratelimit']))?.[1] ?? ''
    expect(Buffer.from(key, 'base64').toString('latin1')).not.toContain('203')
  })
})

it.each([
  ['draft-11', ['Retry-After', 'RateLimit', 'RateLimit-Policy']],
  ['legacy', ['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']],
  [false, ['Retry-After']],
] as const)('names the fields of %s for CORS', (headers, expected) => {
  expect(quotaFieldNames(headers)).toEqual(expected)
})
