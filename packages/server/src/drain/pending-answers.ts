import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { beforeHead, whenFinished } from '@alfred/core'

/** The answers of HTTP/1 that are not out yet, by their connection. */
export interface PendingAnswers {
  /**
   * From now on the last answer of each connection asks its client to close it, whatever fields a handler copies. A request
   * that a client sent after it is not run: the client knows that it has no answer (RFC 9112, section 9.6).
   */
  announceClose(): void
  /** Runs `close`, which closes idle connections, and keeps it from those with an answer that is not out. */
  spare(close: () => void): void
  /** Forgets the server. */
  release(): void
}

interface Connection {
  readonly responses: Set<ServerResponse>
  /** Of the request that came last. */
  latest: ServerResponse
}

/** What Node emits for a request of HTTP/1; each would run a handler. */
const requestEvents: ReadonlySet<unknown> = new Set(['request', 'checkContinue', 'checkExpectation'])

/** @param speaksHttp2 - whether HTTP/1 is only what some clients of `server` speak */
export function followAnswers(server: EventEmitter, speaksHttp2: boolean): PendingAnswers {
  const connections = new Map<Socket, Connection>()
  /** Their last answer has been written, or is waiting for those before it. */
  const closing = new WeakSet<Socket>()
  let isAnnounced = false
  let restoreEmit = (): void => undefined

  const announce = (response: ServerResponse): void => {
    beforeHead(response, (head) => {
      const { socket } = response.req
      // With a later request pending, that one's answer is the last.
      if (connections.get(socket)?.latest !== response || head.status === 101) return
      head.setField('connection', 'close')
      closing.add(socket)
    })
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // HTTP/2 has no such field; its sessions end by GOAWAY.
    if (request.httpVersionMajor > 1) return
    const { socket } = request
    const connection = connections.get(socket)
    const { responses } = connection ?? { responses: new Set() }
    if (connection) connection.latest = response
    else connections.set(socket, { responses, latest: response })
    responses.add(response)
    whenFinished(response, () => {
      responses.delete(response)
      if (responses.size === 0) connections.delete(socket)
    })
    if (isAnnounced) announce(response)
  }

  let isFollowing = false
  const followRequests = (): void => {
    // A listener for requests would make an HTTP/2 server whose streams are handled themselves build a request
    // for each of them.
    if (isFollowing || (speaksHttp2 && server.listenerCount('request') === 0)) return
    isFollowing = true
    server.prependListener('request', onRequest)
  }
  if (speaksHttp2) server.on('secureConnection', followRequests)
  else followRequests()

  return {
    announceClose() {
      isAnnounced = true
      for (const { responses } of connections.values()) responses.forEach(announce)
      restoreEmit = withholdRequests(server, closing)
    },
    spare(close) {
      const restore = Array.from(connections.keys(), keepFromDestroying)
      close()
      for (const undo of restore) undo()
    },
    release() {
      server.off('request', onRequest)
      server.off('secureConnection', followRequests)
      restoreEmit()
    },
  }
}

/** No listener can keep a request from the others, so the event itself is withheld. @returns what undoes it */
function withholdRequests(server: EventEmitter, closing: WeakSet<Socket>): () => void {
  const emit = server.emit.bind(server)
  server.emit = (event: string | symbol, ...parameters: unknown[]) => {
    if (requestEvents.has(event)) {
      const { socket } = parameters[0] as IncomingMessage
      if (closing.has(socket)) return true
    }
    return emit(event, ...parameters)
  }
  return () => {
    server.emit = emit
  }
}

/**
 * Node takes a connection for idle once its answer has been ended, though most of it may still wait for a slow client:
 * to close it then would cut the answer off.
 */
function keepFromDestroying(socket: Socket): () => void {
  const destroy = socket.destroy.bind(socket)
  socket.destroy = () => socket
  return () => {
    socket.destroy = destroy
  }
}
