import {
  AlfredError,
  type FinishingResponse,
  type Lifecycle,
  lifecycle,
  option,
  readOptions,
  repeat,
  runDetached,
  settleWithin,
  whenFinished,
} from '@alfred/core'
import { createBackgroundWork } from './background-work.ts'
import { type CloseHook, createCloseHooks, hookRule } from './close-hooks.ts'
import {
  type DrainOptions,
  type ResolvedDrainOptions,
  resolveDrainOptions,
  serverRule,
} from './drain-options.ts'
import { readinessDelay } from './readiness-delay.ts'
import { type DrainableServer, followConnections, type ServerConnections } from './server-connections.ts'
import { createThreadDrains, type ThreadLike } from './thread-drains.ts'
import {
  type FollowedWebSockets,
  readWebSockets,
  type WebSocketDrainOptions,
  type WebSocketLike,
  type WebSocketServerLike,
} from './web-sockets.ts'

/** How a drain went. */
export interface DrainResult {
  /** Whether connections were cut off at the deadline. */
  readonly forced: boolean
  readonly durationMs: number
  /** The hooks that failed or took too long. */
  readonly failedHooks: readonly string[]
  /** Tracked work and threads that had not ended at the deadline, and threads whose own drain failed. */
  readonly unfinished: number
}

/** A response of HTTP/1 or HTTP/2. */
export type ClosingResponse = FinishingResponse

/** Takes servers out of service without failing a request. */
export interface Drain extends Lifecycle {
  /**
   * Aborted when the servers stop accepting: what is long-lived ends now. Load balancers have noticed by
   * then, so a client that reconnects finds another instance.
   */
  readonly signal: AbortSignal
  /** Whether a drain was started. */
  readonly draining: boolean
  /** Follows one more server; do it before it listens. */
  attach(server: DrainableServer): void
  /**
   * Closes the clients of a WebSocket server, such as `ws`', with 1012 (Service Restart) when
   * {@link Drain.signal} aborts, and those that are still open at the deadline with 1001 (Going Away).
   *
   * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`, {@link AlfredError} `ALFRED_LIFECYCLE_CLOSED`
   */
  attachWebSockets<Client extends WebSocketLike>(
    server: WebSocketServerLike<Client>,
    options?: WebSocketDrainOptions<Client>,
  ): void
  /**
   * Waits for a worker thread, which calls {@link drainOnSignals} itself: signals reach the main thread alone, whose drain
   * begins those of its threads. They have until `deadlineMs + hooksDeadlineMs`.
   *
   * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`, {@link AlfredError} `ALFRED_LIFECYCLE_CLOSED`
   */
  attachThread(thread: ThreadLike): void
  /**
   * Waits for work that goes on behind the answers, until the deadline and before the hooks close what it uses.
   * Its failure is its owner's to handle.
   *
   * @returns `work`
   * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
   */
  track<Work extends PromiseLike<unknown>>(work: Work): Work
  /**
   * Calls `listener` once, when {@link Drain.signal} aborts, if `response` is still open then. The place
   * for a stream's last event; the listener ends the response itself.
   */
  onDrain(response: ClosingResponse, listener: () => void): void
  /**
   * Adds something to close at the end, before everything that was added earlier.
   *
   * @returns a function that removes it
   * @throws {@link AlfredError} `ALFRED_LIFECYCLE_CLOSED` when the hooks have begun to run
   */
  addHook(hook: CloseHook): () => void
  /**
   * Drains; a second call returns the same promise. The process goes on: to exit is the caller's part.
   *
   * @param reason - for the log and `drain.started`, such as the signal's name
   */
  start(reason: string): Promise<DrainResult>
  /** Forgets the servers, without draining them. */
  close(): Promise<void>
}

/** How often idle connections are looked for, and how long destroyed ones may take to go. */
const reapIntervalMs = 100
const goneWithinMs = 1000

/** How long WebSockets that were told to go at the deadline may take to say good-bye. */
const goodbyeMs = 500

/** What a wrapper adds to a drain. */
interface DrainSurroundings {
  /** Undoes what the wrapper has set up. */
  readonly onClose: () => void
  /** Whether a person started the process in a terminal. */
  readonly isTerminal: boolean
}

/** Builds a drain out of resolved options. */
export function buildDrain(options: ResolvedDrainOptions, { onClose, isTerminal }: DrainSurroundings): Drain {
  const { health, deadlineMs, hooksDeadlineMs, logger, clock, events } = options
  const servers = new Map<DrainableServer, ServerConnections>()
  const webSockets = new Map<object, FollowedWebSockets>()
  const listeners = new Map<ClosingResponse, () => void>()
  const hooks = createCloseHooks(clock, logger)
  const background = createBackgroundWork(clock, logger)
  const threads = createThreadDrains(clock)
  const controller = new AbortController()
  const { signal } = controller
  let closed = false
  let started: Promise<DrainResult> | undefined

  const assertOpen = (): void => {
    if (closed)
      throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The drain is closed.', { component: 'drain' })
  }

  const call = (listener: () => unknown): void => {
    runDetached(listener, (error) => {
      logger.error({ err: error }, 'a drain listener failed')
    })
  }

  const endStreams = (): void => {
    controller.abort()
    for (const listener of listeners.values()) call(listener)
    listeners.clear()
    restartWebSockets()
  }

  const restartWebSockets = (): void => {
    for (const followed of webSockets.values()) {
      call(() => {
        followed.restart()
      })
    }
  }

  /** @returns whether connections had to be cut off */
  const closeServers = async (leftMs: number): Promise<boolean> => {
    const all = [...servers.values()]
    const gone = Promise.all(all.map((server) => server.stop()))
    const reap = (): void => {
      restartWebSockets()
      for (const server of all) server.reapIdle()
    }
    // Repeatedly: a connection that was busy a moment ago is idle after its response.
    const reaping = repeat(clock, reapIntervalMs, reap)
    const { settled: inTime } = await settleWithin(clock, gone, leftMs)
    reaping.cancel()
    if (inTime) return false
    const said = [...webSockets.values()].reduce((sum, followed) => sum + followed.goAway(), 0)
    // Their close frames go out before their sockets are cut.
    if (said > 0) await settleWithin(clock, gone, goodbyeMs)
    const cut = all.reduce((sum, server) => sum + server.destroyAll(), 0)
    logger.error({ connections: cut }, 'connections cut at the drain deadline')
    // Before the hooks: what is to be told must be told while there is somebody to tell it.
    events?.emit('drain.connections-cut', { connections: cut })
    await settleWithin(clock, gone, goneWithinMs)
    return true
  }

  const run = async (reason: string): Promise<DrainResult> => {
    const startedAt = clock.monotonicMs()
    const elapsed = (): number => clock.monotonicMs() - startedAt
    const probed = health?.probed
    const readinessDelayMs = readinessDelay({ ...options, reason, isTerminal, probed })
    call(() => health?.setDraining(true))
    for (const server of servers.values()) server.announceClose()
    threads.start(reason)
    logger.info({ signal: reason, readinessDelayMs, deadlineMs }, 'drain started')
    events?.emit('drain.started', { signal: reason })
    if (readinessDelayMs > 0) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, readinessDelayMs))
    }
    endStreams()
    const leftMs = deadlineMs - elapsed()
    const [forced, unfinishedWork] = await Promise.all([
      closeServers(leftMs),
      background.settle(leftMs),
      threads.settle(leftMs),
    ])
    const failedHooks = await hooks.run(hooksDeadlineMs)
    // Theirs run at the same time.
    await threads.settle(deadlineMs + hooksDeadlineMs - elapsed())
    const unfinished = unfinishedWork + threads.unfinished
    const result = { forced, durationMs: elapsed(), failedHooks, unfinished }
    logger.info(result, 'drain finished')
    events?.emit('drain.finished', { durationMs: result.durationMs, forced: result.forced })
    return result
  }

  const attach = (server: DrainableServer): void => {
    if (servers.has(server)) return
    const connections = followConnections(server, clock)
    servers.set(server, connections)
    if (started) connections.announceClose()
  }

  options.servers.forEach(attach)
  for (const hook of options.hooks) hooks.add(hook)

  return {
    ...lifecycle(() => {
      closed = true
      for (const server of servers.values()) server.release()
      listeners.clear()
      webSockets.clear()
      onClose()
    }),
    signal,
    get draining() {
      return started !== undefined
    },
    attach(server) {
      assertOpen()
      attach(readOptions('drain.server', server, serverRule))
    },
    attachThread(thread) {
      assertOpen()
      threads.attach(readOptions('drain.thread', thread, option.withMethods<ThreadLike>('once')))
    },
    track(work) {
      background.track(readOptions('drain.work', work, option.withMethods<PromiseLike<unknown>>('then')))
      return work
    },
    onDrain(response, listener) {
      if (signal.aborted) {
        queueMicrotask(() => {
          call(listener)
        })
        return
      }
      listeners.set(response, listener)
      whenFinished(response, () => listeners.delete(response))
    },
    attachWebSockets(server, options = {}) {
      assertOpen()
      webSockets.set(server, readWebSockets(server, options, { call, logger }))
    },
    addHook: (hook) => hooks.add(readOptions('drain.hook', hook, hookRule)),
    async start(reason) {
      if (!started) assertOpen()
      return (started ??= run(readOptions('drain.reason', reason, option.string())))
    },
  }
}

/**
 * Builds a drain that {@link Drain.start} sets off: readiness fails and every response closes its
 * connection; after `readinessDelayMs` the servers stop listening and streams are told to end; requests
 * in flight finish until `deadlineMs`; then the hooks close, the last added first.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createDrain } from '@alfred/server'
 *
 * const server = createServer((_request, response) => response.end('hello'))
 * const drain = createDrain({ servers: [server], readinessDelayMs: 0 })
 * server.listen(8080)
 *
 * const { forced } = await drain.start('new release')
 * ```
 */
export const createDrain = (options: DrainOptions = {}): Drain =>
  buildDrain(resolveDrainOptions(options), { onClose: () => undefined, isTerminal: false })
