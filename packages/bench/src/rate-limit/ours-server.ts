import { createRateLimiter, createRedisStore } from '@alfred/rate-limit'
import { serveForParent } from '../load/forked-server.ts'
import { createApplication, limit, policies } from './contended-application.ts'

const denies = process.env['DENY'] === 'yes'
const limiter = createRateLimiter({
  store: createRedisStore({ url: process.env['REDIS_URL'] ?? '' }),
  deadlineMs: 1000,
  policies: policies.map((policy) => ({
    ...policy,
    limit: denies ? 1 : limit,
    key: 'address' as const,
    onStoreError: 'deny' as const,
  })),
})
await limiter.ready()
await serveForParent(createApplication((app) => app.use(limiter.middleware)))
