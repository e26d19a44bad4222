import cors from 'cors'
import express from 'express'
import prometheus from 'express-prom-bundle'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { Redis } from 'ioredis'
import { type RedisReply, RedisStore } from 'rate-limit-redis'
import { serveForParent } from '../load/forked-server.ts'
import { addRoutes, pageOrigin } from './application.ts'
import { limit, seedPolicies } from './seed-policies.ts'

const redis = new Redis(process.env['REDIS_URL'] ?? '', {
  enableAutoPipelining: process.env['AUTO_PIPELINING'] === 'on',
})

const app = express()
app.use(prometheus({ includeMethod: true, includePath: true }))
app.use(helmet())
app.use(cors({ origin: [pageOrigin], credentials: true }))
for (const policy of seedPolicies) {
  const store = new RedisStore({
    prefix: `${policy.name}:`,
    sendCommand: (command: string, ...args: string[]) => redis.call(command, ...args) as Promise<RedisReply>,
  })
  app.use(
    policy.path,
    rateLimit({
      identifier: policy.name,
      windowMs: policy.windowMs,
      limit,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
      store,
    }),
  )
}
addRoutes(app)
await serveForParent(app)
