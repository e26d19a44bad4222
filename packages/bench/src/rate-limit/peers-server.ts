import { rateLimit } from 'express-rate-limit'
import { Redis } from 'ioredis'
import { type RedisReply, RedisStore } from 'rate-limit-redis'
import { serveForParent } from '../load/forked-server.ts'
import { createApplication, limit, policies } from './contended-application.ts'

const denies = process.env['DENY'] === 'yes'
const redis = new Redis(process.env['REDIS_URL'] ?? '', {
  enableAutoPipelining: process.env['AUTO_PIPELINING'] === 'on',
})

const app = createApplication((behind) => {
  for (const { name, windowMs } of policies) {
    const store = new RedisStore({
      prefix: `peer ${name}:`,
      sendCommand: (command: string, ...args: string[]) =>
        redis.call(command, ...args) as Promise<RedisReply>,
    })
    behind.use(
      rateLimit({
        identifier: name,
        windowMs,
        limit: denies ? 1 : limit,
        standardHeaders: 'draft-8',
        legacyHeaders: false,
        store,
      }),
    )
  }
})
await serveForParent(app)
