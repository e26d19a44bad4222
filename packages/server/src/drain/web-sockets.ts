import {
  createGuardedFunction,
  type Logger,
  option,
  type OptionRule,
  readBoolean,
  readOptions,
} from '@alfred/core'

/** A WebSocket of a server; that of `ws` is one. */
export interface WebSocketLike {
  /** 1 while it is open, as in the WHATWG's WebSocket. */
  readonly readyState: number
  close(code: number, reason: string): void
}

/** A WebSocket server; `ws`' `WebSocketServer` is one. */
export interface WebSocketServerLike<Client extends WebSocketLike = WebSocketLike> {
  readonly clients: Iterable<Client>
}

/** The options of {@link Drain.attachWebSockets}. */
export interface WebSocketDrainOptions<Client extends WebSocketLike = WebSocketLike> {
  /**
   * Says that a client is in the middle of something, such as an answer that is streamed to it. It keeps
   * its connection until the function says otherwise, at the latest until the deadline.
   * @default never
   */
  readonly isBusy?: ((client: Client) => boolean) | undefined
}

/** WebSockets to be closed by a drain. */
export interface FollowedWebSockets {
  /** Closes those that are not busy. Called again and again: others may have been opened, or have become idle. */
  restart(): void
  /** Closes what is left. @returns how many that were */
  goAway(): number
}

/** What a close returns is looked at: an async one may reject. */
interface Closing {
  readonly close: (code: number, reason: string) => unknown
}

const open = 1

/** The close codes of IANA's WebSocket registry: Service Restart, after which clients reconnect, and Going Away. */
const serviceRestart = 1012
const goingAway = 1001

const webSocketServerRule: OptionRule<WebSocketServerLike> = (value, report) => {
  const clients: unknown = value !== null && typeof value === 'object' && Reflect.get(value, 'clients')
  if (clients instanceof Set) return value as WebSocketServerLike
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a WebSocket server with a set of clients.')
  return undefined
}

const webSocketOptionsRule = option.object({
  isBusy: option.syncFunction<NonNullable<WebSocketDrainOptions['isBusy']>>().optional(),
})

/** What the following of WebSockets needs. */
interface WebSocketSurroundings {
  /** Runs the closing of one client, whose failure is not the others'. */
  readonly call: (work: () => unknown) => void
  readonly logger: Logger
}

/** @throws `AlfredConfigError` when `server` or `options` are wrong */
export function readWebSockets<Client extends WebSocketLike>(
  server: WebSocketServerLike<Client>,
  options: WebSocketDrainOptions<Client>,
  { call, logger }: WebSocketSurroundings,
): FollowedWebSockets {
  readOptions('drain.webSocketServer', server, webSocketServerRule)
  readOptions('drain.webSockets', options, webSocketOptionsRule)
  const { isBusy = () => false } = options
  const busy = createGuardedFunction({
    name: 'webSockets.isBusy',
    call: isBusy,
    read: (answer) => readBoolean('webSockets.isBusy', answer),
    fallback: false,
    consequence: 'the client counts as idle',
    logger,
  })
  return followWebSockets(server, busy, call)
}

function followWebSockets<Client extends WebSocketLike>(
  server: WebSocketServerLike<Client>,
  isBusy: (client: Client) => boolean,
  call: (work: () => unknown) => void,
): FollowedWebSockets {
  return {
    restart() {
      for (const client of server.clients) {
        if (client.readyState !== open || isBusy(client)) continue
        const closing: Closing = client
        call(() => closing.close(serviceRestart, 'restarting'))
      }
    },
    goAway() {
      let closed = 0
      for (const client of server.clients) {
        if (client.readyState !== open) continue
        const closing: Closing = client
        call(() => closing.close(goingAway, 'going away'))
        closed += 1
      }
      return closed
    },
  }
}
