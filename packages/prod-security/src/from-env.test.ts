import { expect, it } from 'vitest'
import type { AlfredConfig } from './alfred-config.ts'
import { fromEnv } from './from-env.ts'

const redis = { url: 'rediss://redis:6380' }
const REDIS_URL = redis.url

it.each<[Record<string, string | undefined>, AlfredConfig, AlfredConfig]>([
  [{}, { headers: false }, { headers: false }],
  [{ REDIS_URL: '', TRUST_PROXY: ' ' }, {}, {}],
  [{ TRUST_PROXY: '2' }, { trustProxy: 1 }, { trustProxy: 2 }],
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
])('%j with %j gives %j', (environment, config, expected) => {
  expect(fromEnv(environment, config)).toEqual(expected)
})
