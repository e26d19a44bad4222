import type { EventEmitter } from 'node:events'
import type { ServerHttp2Session } from 'node:http2'

/** The HTTP/2 sessions of one server. */
export interface Http2Sessions {
  /**
   * Sends GOAWAY on every session, also on those that are still to come, and closes each once its streams
   * have ended. A request that crosses it on the wire was not processed, and its client knows so and sends
   * it again elsewhere (RFC 9113, section 6.8); nothing needs to be announced before.
   */
  end(): void
  /** Forgets the server. */
  release(): void
}

/** Follows the sessions of `server`; one that speaks no HTTP/2 has none. */
export function followHttp2Sessions(server: EventEmitter): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>()
  let ending = false

  const onSession = (session: ServerHttp2Session): void => {
    if (ending) {
      session.close()
      return
    }
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  }
  server.on('session', onSession)

  return {
    end() {
      ending = true
      for (const session of sessions) session.close()
    },
    release() {
      server.off('session', onSession)
    },
  }
}
