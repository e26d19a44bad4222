import { alfredHardening } from '@alfred/prod-security'
import express from 'express'
import { serveForParent } from '../load/forked-server.ts'
import { addRoutes, pageOrigin } from './application.ts'
import { limit, seedPolicies } from './seed-policies.ts'

const guard = alfredHardening({
  cors: { origin: [pageOrigin], credentials: true },
  rateLimit: {
    redis: { url: process.env['REDIS_URL'] ?? '' },
    policies: seedPolicies.map(({ name, path, windowMs }) => ({
      name,
      match: path,
      windowMs,
      limit,
      key: 'address' as const,
      onStoreError: 'allow' as const,
    })),
  },
})

const app = express()
app.use(guard)
addRoutes(app)
app.use(guard.errorHandler)
await guard.ready()
await serveForParent(app)
