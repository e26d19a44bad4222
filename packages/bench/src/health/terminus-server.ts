import { once } from 'node:events'
import { createServer } from 'node:http'
import terminus from '@godaddy/terminus'
import { Redis } from 'ioredis'
import { tellParent } from './serve-peer.ts'

const redis = new Redis(process.env['REDIS_URL'] ?? '')
const check =
  process.env['CHECK'] === 'none'
    ? (): Promise<void> => Promise.resolve()
    : (): Promise<string> => redis.ping()

const server = createServer((_request, response) => {
  response.writeHead(404).end()
})
terminus.createTerminus(server, { healthChecks: { '/readyz': check } })
server.listen(0, '127.0.0.1')
await once(server, 'listening')
tellParent(server)
