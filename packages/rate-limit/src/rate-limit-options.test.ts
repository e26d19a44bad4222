import { AlfredConfigError } from '@alfred/core'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from './stores/memory/memory-store.ts'
import { resolveRateLimitOptions } from './rate-limit-options.ts'
import { createRedisStore } from './stores/redis/redis-store.ts'

/** Runs what a careless caller would write, past the type checker. */
const problemsOf = (construct: (options: never) => unknown, options: unknown): string[] => {
  try {
    construct(options as never)
  } catch (error) {
    if (error instanceof AlfredConfigError) {
      return error.problems.map(({ path, code, suggestion }) =>
        [path, code, suggestion].filter(Boolean).join(' '),
      )
    }
    throw error
  }
  return []
}

const good = { name: 'a', limit: 1, windowMs: 1000, key: 'address', onStoreError: 'allow' }
const policies = (...changes: object[]): object => ({
  policies: changes.map((each) => ({ ...good, ...each })),
})

describe('the options of a rate limiter', () => {
  it('have defaults', () => {
    const resolved = resolveRateLimitOptions({})
    expect(resolved).toMatchObject({ deadlineMs: 50, headers: 'draft-11', instances: 1, trustProxy: false })
    expect(resolved.policies).toMatchObject([
      { name: 'requests', limit: 1000, windowMs: 60_000, burst: 1000, cost: 1, key: 'address' },
    ])
    expect(Object.isFrozen(resolved)).toBe(true)
  })

  it.each([
    ['what is no object', 5, ['rateLimit ALFRED_CONFIG_WRONG_TYPE']],
    ['an unknown option', { polices: [] }, ['rateLimit.polices ALFRED_CONFIG_UNKNOWN_KEY policies']],
    ['no policies', { policies: [] }, ['rateLimit.policies ALFRED_CONFIG_OUT_OF_RANGE']],
    [
      'too many policies',
      { policies: Array.from({ length: 32 }, (_, index) => ({ ...good, name: `p${String(index)}` })) },
      ['rateLimit.policies ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['two of one name', policies({}, {}), ['rateLimit.policies[1].name ALFRED_CONFIG_CONFLICT']],
    [
      'an empty policy',
      { policies: [{}] },
      ['name', 'limit', 'windowMs', 'key'].map((key) => `rateLimit.policies[0].${key} ALFRED_CONFIG_MISSING`),
    ],
    [
      'a misspelt option',
      policies({ windowms: 5 }),
      ['rateLimit.policies[0].windowms ALFRED_CONFIG_UNKNOWN_KEY windowMs'],
    ],
    ['a fraction', policies({ limit: 1.5 }), ['rateLimit.policies[0].limit ALFRED_CONFIG_OUT_OF_RANGE']],
    [
      'a window of 0',
      policies({ windowMs: 0 }),
      ['rateLimit.policies[0].windowMs ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['a limit of 0', policies({ limit: 0 }), ['rateLimit.policies[0].limit ALFRED_CONFIG_OUT_OF_RANGE']],
    [
      'more units than a window counts',
      policies({ algorithm: 'fixed-window', limit: 2 ** 32 }),
      ['rateLimit.policies[0].limit ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'more leases than Redis reads in time',
      policies({ algorithm: 'concurrency', limit: 1001 }),
      ['rateLimit.policies[0].limit ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['a cost above the burst', policies({ cost: 2 }), ['rateLimit.policies[0].cost ALFRED_CONFIG_CONFLICT']],
    [
      'a burst of centuries',
      policies({ windowMs: 315_360_000_000, burst: 1_000_000 }),
      ['rateLimit.policies[0].burst ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'a name that is no field string',
      policies({ name: 'naïve' }),
      ['rateLimit.policies[0].name ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['a key that is none', policies({ key: 'ip' }), ['rateLimit.policies[0].key ALFRED_CONFIG_WRONG_TYPE']],
    [
      'a path without its slash',
      policies({ match: 'api' }),
      ['rateLimit.policies[0].match ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'a wrong mode',
      policies({ mode: 'enforced' }),
      ['rateLimit.policies[0].mode ALFRED_CONFIG_OUT_OF_RANGE enforce'],
    ],
    [
      'a wrong onStoreError',
      policies({ onStoreError: 'open' }),
      ['rateLimit.policies[0].onStoreError ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['a store that is none', { store: {} }, ['rateLimit.store ALFRED_CONFIG_WRONG_TYPE']],
    ['other headers', { headers: 'draft-10' }, ['rateLimit.headers ALFRED_CONFIG_OUT_OF_RANGE draft-11']],
    [
      'a partition key secret that is guessed',
      { partitionKeySecret: 'secret' },
      ['rateLimit.partitionKeySecret ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'jitter that brings clients back too early',
      { retryAfterJitterMs: -1 },
      ['rateLimit.retryAfterJitterMs ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'another unit than the registry has',
      policies({ quotaUnit: 'tokens' }),
      ['rateLimit.policies[0].quotaUnit ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['no instances', { instances: 0 }, ['rateLimit.instances ALFRED_CONFIG_OUT_OF_RANGE']],
    ['trust in everybody', { trustProxy: true }, ['rateLimit.trustProxy ALFRED_CONFIG_UNSAFE']],
    ['no deadline', { deadlineMs: Infinity }, ['rateLimit.deadlineMs ALFRED_CONFIG_OUT_OF_RANGE']],
  ])('refuse %s', (_what, options, expected) => {
    expect(problemsOf(resolveRateLimitOptions, options)).toEqual(expected)
  })

  it('refuse a name whose short form another name has', () => {
    const found = problemsOf(resolveRateLimitOptions, policies({ name: 'p977' }, { name: 'p1065' }))
    expect(found).toEqual(['rateLimit.policies[1].name ALFRED_CONFIG_CONFLICT'])
  })
})

describe('the options of a memory store', () => {
  it.each([
    ['an unknown one', { max: 5 }, ['rateLimit.store.max ALFRED_CONFIG_UNKNOWN_KEY maxKeys']],
    ['room for one', { maxKeys: 1 }, ['rateLimit.store.maxKeys ALFRED_CONFIG_OUT_OF_RANGE']],
  ])('refuse %s', (_what, options, expected) => {
    expect(problemsOf(createMemoryStore, options)).toEqual(expected)
  })
})

describe('the options of a Redis store', () => {
  const client = { duplicate: () => undefined, evalsha: () => undefined, disconnect: () => undefined }
  it.each([
    ['nothing', {}, ['rateLimit.redis.url ALFRED_CONFIG_MISSING']],
    ['both', { url: 'redis://h', client }, ['rateLimit.redis.client ALFRED_CONFIG_CONFLICT']],
    ['another URL', { url: 'http://h' }, ['rateLimit.redis.url ALFRED_CONFIG_OUT_OF_RANGE']],
    [
      'two places',
      { url: 'redis://h', cluster: ['redis://h'] },
      ['rateLimit.redis.cluster ALFRED_CONFIG_CONFLICT'],
    ],
    ['a cluster of none', { cluster: [] }, ['rateLimit.redis.cluster ALFRED_CONFIG_OUT_OF_RANGE']],
    [
      'a sentinel without the name of a master',
      { sentinel: { urls: ['redis://h'] } },
      ['rateLimit.redis.sentinel.name ALFRED_CONFIG_MISSING'],
    ],
    [
      'TLS that verifies nothing',
      { url: 'rediss://h', tls: { rejectUnauthorized: false } },
      ['rateLimit.redis.tls.rejectUnauthorized ALFRED_CONFIG_UNKNOWN_KEY'],
    ],
    [
      'an authority by its file name',
      { url: 'rediss://h', tls: { ca: '/etc/ca.pem' } },
      ['rateLimit.redis.tls.ca ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    ['TLS for a client', { client, tls: {} }, ['rateLimit.redis.tls ALFRED_CONFIG_CONFLICT']],
    [
      'another protocol',
      { url: 'redis://h', protocol: 4 },
      ['rateLimit.redis.protocol ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'a prefix that puts all keys in one slot',
      { url: 'redis://h', prefix: '{app}' },
      ['rateLimit.redis.prefix ALFRED_CONFIG_OUT_OF_RANGE'],
    ],
    [
      'an unknown one',
      { url: 'redis://h', timeout: 5 },
      ['rateLimit.redis.timeout ALFRED_CONFIG_UNKNOWN_KEY timeoutMs'],
    ],
  ])('refuse %s', (_what, options, expected) => {
    expect(problemsOf(createRedisStore, options)).toEqual(expected)
  })
})
