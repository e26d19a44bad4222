import type { Http2SecureServer } from 'node:http2'
import { createHealth } from '@alfred/health'
import type { Express } from 'express'
import type { WebSocketServer } from 'ws'
import { createDrain, drainOnSignals } from '../../src/index.ts'

declare const sockets: WebSocketServer
declare const http2: Http2SecureServer
declare const app: Express

const health = createHealth()
drainOnSignals(app.listen(0), { health, process })
createDrain({ servers: [app.listen(0), http2], health }).attachWebSockets(sockets, {
  isBusy: (client) => client.bufferedAmount > 0,
})
