import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { type Problem, repeat, requestContext, runDetached, sendProblem, systemClock } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'
import type { Express, Request, Response } from 'express'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ScopeGate } from '../client-api-keys.ts'
import type { Owner, Owners } from '../owners/owners.ts'
import { createSocketSession, type SocketSessionOptions } from './socket-session.ts'

/** Where WebSockets are opened. */
export const socketPath = '/ws/alfred'

/** What {@link createChatSocket} needs. */
export interface ChatSocketOptions extends Omit<SocketSessionOptions, 'request' | 'owner'> {
  /** Requests for a WebSocket pass through all of it: hosts, keys and limits are checked as for any other. */
  readonly app: Express
  readonly requireScope: ScopeGate
  readonly owners: Owners
}

type Drain = ReturnType<AlfredGuard['drainOnSignals']>

/** The chat by WebSocket. */
export interface ChatSocket {
  /** Takes the upgrades of `server`. */
  attach(server: Server, drain: Pick<Drain, 'attachWebSockets'>): void
}

const upgradeRequired: Problem = {
  type: 'about:blank',
  status: 426,
  title: 'Upgrade Required',
  detail: 'This is a WebSocket.',
}

const foreignOrigin: Problem = {
  type: 'about:blank',
  status: 403,
  title: 'Forbidden',
  detail: 'Pages of this origin may not open a WebSocket here.',
}

/** As much as a message to Alfred can be, escaped. */
const maxPayloadBytes = 256 * 1024

const pingMs = 25_000

/** A page of another site must not talk in the name of whoever looks at it: browsers do not ask CORS for WebSockets. */
function isForeign(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return false
  const decision = requestContext(request).corsDecision
  const isAllowed = decision === 'allowed' || decision === 'allowed-with-credentials'
  return !isAllowed && URL.parse(origin)?.host !== host
}

/** Ends the response of a request that goes on as a WebSocket, for those who wait for its end. */
function endAsUpgraded(response: Response): void {
  const nowhere = new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
  response.assignSocket(Object.assign(new Socket(), { write: nowhere.write.bind(nowhere) }))
  response.status(101).end()
}

/** Builds the WebSocket at {@link socketPath}. */
export function createChatSocket({ app, requireScope, owners, ...options }: ChatSocketOptions): ChatSocket {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes })
  const upgrades = new WeakMap<IncomingMessage, { readonly socket: Socket; readonly head: Buffer }>()
  const busy = new WeakMap<WebSocket, () => boolean>()
  const silent = new WeakSet<WebSocket>()
  const cookies = new WeakMap<IncomingMessage, ReturnType<Response['getHeader']>>()
  server.on('headers', (headers, request) => {
    const cookie = cookies.get(request)
    if (cookie !== undefined) headers.push(`Set-Cookie: ${String(cookie)}`)
  })

  repeat(systemClock, pingMs, () => {
    for (const client of server.clients) {
      // It did not answer the last ping.
      if (silent.has(client)) client.terminate()
      silent.add(client)
      client.ping()
    }
  })

  const serve = (client: WebSocket, request: Request, owner: Owner): void => {
    const session = createSocketSession(client, { ...options, request, owner })
    busy.set(client, session.isBusy)
    client.on('pong', () => silent.delete(client))
    client.on('message', (data) => {
      runDetached(
        () => session.take(data),
        () => {
          client.close(1011, 'internal error')
        },
      )
    })
    client.on('close', session.end)
    // The close follows.
    client.on('error', () => undefined)
  }

  app.get(socketPath, requireScope('chat:write'), async (request: Request, response: Response) => {
    const upgrade = upgrades.get(request)
    if (!upgrade || isForeign(request)) {
      sendProblem(request, response, upgrade ? foreignOrigin : upgradeRequired)
      return
    }
    const owner = await owners.findOrWelcome(request, response)
    response.detachSocket(upgrade.socket)
    cookies.set(request, response.getHeader('Set-Cookie'))
    server.handleUpgrade(request, upgrade.socket, upgrade.head, (client) => {
      serve(client, request, owner)
    })
    endAsUpgraded(response)
  })

  return {
    attach(httpServer, drain) {
      drain.attachWebSockets(server, { isBusy: (client) => busy.get(client)?.() ?? false })
      httpServer.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        upgrades.set(request, { socket, head })
        const response = new ServerResponse(request)
        response.shouldKeepAlive = false
        response.assignSocket(socket)
        // A refusal is an answer like any other, and the last one on its connection.
        response.on('finish', () => {
          if (response.socket === socket) socket.end()
        })
        app(request, response)
      })
    },
  }
}
