import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import type { RedisClientType } from 'redis'
import { createHealth, postgresCheck, redisCheck } from '../../src/index.ts'

declare const pool: Pool
declare const redis: Redis
declare const nodeRedis: RedisClientType
declare const app: Express
declare const probe: (signal: AbortSignal) => Promise<AddressInfo>

createHealth({ checks: [postgresCheck(pool), redisCheck(redis), redisCheck(nodeRedis)] })

const health = createHealth()
app.use(health.middleware)

health.register({ name: 'ends', check: async () => {} })
health.register({
  name: 'sometimes a result',
  check: async () => (Math.random() > 2 ? Promise.resolve({ status: 'warn' }) : undefined),
})

// @ts-expect-error -- a truth value is not a result: it would pass
health.register({ name: 'truth', check: async () => (await redis.ping()).length === 4 })

// @ts-expect-error -- nor is whatever a client answers
health.register({ name: 'answer', check: probe })

// @ts-expect-error -- draft states only
health.register({ name: 'state', check: () => Promise.resolve({ status: 'healthy' }) })

// @ts-expect-error -- the name is required
health.register({ check: async () => {} })
