import { noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import type { AlfredConfig } from './alfred-config.ts'
import { alfredHardening } from '../alfred-hardening.ts'
import { fromEnv } from './from-env.ts'

const redis = { url: 'rediss://redis:6380' }
const REDIS_URL = redis.url

const cases: [Record<string, string | undefined>, AlfredConfig, AlfredConfig][] = [
  [{}, { headers: false }, { headers: false }],
  [{ REDIS_URL: '', TRUST_PROXY: ' ' }, {}, {}],
  [{ TRUST_PROXY: '2' }, { trustProxy: 1 }, { trustProxy: 2 }],
  [{ TRUST_PROXY: '0' }, { trustProxy: 1 }, { trustProxy: 0 }],
  [{ TRUST_PROXY: 'false' }, { trustProxy: 1 }, { trustProxy: false }],
  [{ TRUST_PROXY: '10.0.0.0/8, ::1' }, {}, { trustProxy: ['10.0.0.0/8', '::1'] }],
  [{ REDIS_URL }, {}, { rateLimit: { redis } }],
  [{ REDIS_URL }, { rateLimit: true }, { rateLimit: { redis } }],
  [{ REDIS_URL }, { rateLimit: { deadlineMs: 9 } }, { rateLimit: { deadlineMs: 9, redis } }],
  [{ REDIS_URL }, { rateLimit: false }, { rateLimit: false }],
  [{ METRICS_TOKEN: 'long-random-token' }, {}, { metrics: { access: { token: 'long-random-token' } } }],
  [
    { ALLOWED_ORIGINS: 'https://a.example, https://b.example,' },
    { cors: { origin: [], credentials: true } },
    { cors: { origin: ['https://a.example', 'https://b.example'], credentials: true } },
  ],
  [{ ALLOWED_ORIGINS: 'https://a.example' }, { cors: false }, { cors: false }],
  [{ ALLOWED_HOSTS: 'a.example, *.b.example' }, {}, { allowedHosts: ['a.example', '*.b.example'] }],
  [{ ALLOW_ADDRESSES: '192.0.2.0/24, ::1' }, {}, { rateLimit: { allow: ['192.0.2.0/24', '::1'] } }],
  [
    { DENY_ADDRESSES: '198.51.100.7' },
    { rateLimit: { deny: ['203.0.113.1'], allow: ['192.0.2.1'] } },
    { rateLimit: { deny: ['198.51.100.7'], allow: ['192.0.2.1'] } },
  ],
  [{ DENY_ADDRESSES: '198.51.100.7' }, { rateLimit: false }, { rateLimit: false }],
]

it.each(cases)('%j with %j gives %j', (environment, config, expected) => {
  expect(fromEnv(environment, config)).toEqual(expected)
})

it('reads no variable that has no case', () => {
  const read = new Set<string>()
  fromEnv(
    new Proxy<Record<string, string>>(
      {},
      {
        get(_environment, name) {
          read.add(String(name))
          return undefined
        },
      },
    ),
  )
  expect(read.size).toBeGreaterThan(5)
  expect([...read].filter((name) => !cases.some(([environment]) => name in environment))).toEqual([])
})

it.each([
  ['true', 'must not be true'],
  ['yes', 'must be an address'],
  ['1.5', 'must be an address'],
  ['99', 'from 0 to 16'],
  ['1, 10.0.0.1', 'a number of hops stands alone'],
  [',', 'must be an address'],
  ['0.0.0.0/0', 'must not be a network so large'],
  ['10.0.0.1, ::/0', 'must not be a network so large'],
])('TRUST_PROXY=%s is refused', (value, message) => {
  expect(() => alfredHardening(fromEnv({ TRUST_PROXY: value }))).toThrow(message)
})

it.each([
  [{ ALLOWED_HOSTS: 'https://a.example' }, 'allowedHosts[0] (from ALLOWED_HOSTS)'],
  [{ ALLOWED_ORIGINS: 'https://a.example/' }, 'cors.origin[0] (from ALLOWED_ORIGINS)'],
  [{ TRUST_PROXY: 'yes' }, 'trustProxy[0] (from TRUST_PROXY)'],
  [{ TRUST_PROXY: '99' }, 'trustProxy[0] (from TRUST_PROXY)'],
  [{ TRUST_PROXY: ',' }, 'trustProxy[0] (from TRUST_PROXY)'],
  [{ DENY_ADDRESSES: ' , ' }, 'rateLimit.deny[0] (from DENY_ADDRESSES)'],
  [{ ALLOWED_HOSTS: ',' }, 'allowedHosts[0] (from ALLOWED_HOSTS)'],
  [{ ALLOW_ADDRESSES: '0.0.0.0/0' }, 'rateLimit.allow[0] (from ALLOW_ADDRESSES)'],
  [{ REDIS_URL: 'redis:6379' }, 'rateLimit.redis.url (from REDIS_URL)'],
  [{ METRICS_TOKEN: 'short' }, 'metrics.access.token (from METRICS_TOKEN)'],
  [{ ALLOW_ADDRESSES: 'x' }, 'rateLimit.allow[0] (from ALLOW_ADDRESSES)'],
  [{ DENY_ADDRESSES: 'x' }, 'rateLimit.deny[0] (from DENY_ADDRESSES)'],
])('a wrong value of %j names its variable', (environment, named) => {
  expect(() => alfredHardening(fromEnv(environment))).toThrow(named)
})

it.each<[Record<string, string>, AlfredConfig, string[]]>([
  [{ REDIS_URL }, { rateLimit: false }, ['REDIS_URL is not used: rateLimit is off']],
  [{ METRICS_TOKEN: 'long-random-token' }, { metrics: false }, ['METRICS_TOKEN is not used: metrics is off']],
  [{ ALLOWED_ORIGINS: 'https://a.example' }, { cors: false }, ['ALLOWED_ORIGINS is not used: cors is off']],
  [{ ALLOWED_ORIGIN: 'x' }, {}, ['ALLOWED_ORIGIN is not read. Did you mean ALLOWED_ORIGINS?']],
  [{ ALLOW_ORIGINS: 'x' }, {}, ['ALLOW_ORIGINS is not read. Did you mean ALLOWED_ORIGINS?']],
  [{ CORS_ORIGIN: 'x' }, {}, ['CORS_ORIGIN is not read. Did you mean ALLOWED_ORIGINS?']],
  [{ ALLOWED_HOST: 'x' }, {}, ['ALLOWED_HOST is not read. Did you mean ALLOWED_HOSTS?']],
  [{ TRUSTED_PROXIES: '1' }, {}, ['TRUSTED_PROXIES is not read. Did you mean TRUST_PROXY?']],
  [{ METRIC_TOKEN: 'x' }, {}, ['METRIC_TOKEN is not read. Did you mean METRICS_TOKEN?']],
  [{ DENIED_ADDRESS: 'x' }, {}, ['DENIED_ADDRESS is not read. Did you mean DENY_ADDRESSES?']],
  [{ REDIS_URL, REDIS_USER: 'x', REDIS_URI: 'x', PATH: '/bin', ALLOWED_ORIGIN: '' }, {}, []],
  [{ ALLOWED_HOSTS: 'a.example', ALLOWED_HOST: 'b.example' }, {}, []],
])('of %j and %j the logger is warned', (environment, config, expected) => {
  const warnings: string[] = []
  const logger = { ...noopLogger, warn: (_fields: object, message: string) => void warnings.push(message) }
  fromEnv(environment, { ...config, logger })
  expect(warnings).toEqual(expected)
})
