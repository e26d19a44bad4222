import { createHealth, redisCheck } from '@alfred/health'
import { Redis } from 'ioredis'
import { serveForParent } from '../load/forked-server.ts'

const health = createHealth({ checks: [redisCheck(new Redis(process.env['REDIS_URL'] ?? ''))] })
await health.ready()
await serveForParent((request, response) => {
  health.middleware(request, response, () => response.writeHead(404).end())
})
