import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { ErrorMiddleware, EventBus, Lifecycle, Middleware, ProxyFinding } from '@alfred/core'
import type { RequestSchemas, UploadOptions, Validation } from '@alfred/input-validation'
import type { Drain, DrainableServer, DrainOnSignalsOptions, HardenableServer } from '@alfred/server'
import type { IdentifyAnswer } from './config/alfred-config.ts'
import type { GuardLayers } from './layers/layer-types.ts'

/** How {@link AlfredGuard.listen} listens. */
export interface ListenOptions {
  /** The address to listen on. @default every address of the machine */
  readonly host?: string | undefined
  /** Options of the drain, such as its deadline. @default see `drainOnSignals` */
  readonly drain?: GuardDrainOptions | undefined
}

/** The options of a drain that the guard does not give itself. */
export interface GuardDrainOptions extends Omit<
  DrainOnSignalsOptions,
  'clock' | 'events' | 'health' | 'logger'
> {}

/** The stack that `alfredHardening` builds: middleware, and the layers for the application's use. */
export interface AlfredGuard extends Middleware, Lifecycle, GuardLayers {
  /**
   * Answers what no route took with a 404 problem, where Express' own page replaces the CSP and repeats the
   * path. Belongs behind all routes, before `errorHandler`.
   */
  readonly notFoundHandler: Middleware
  /** Answers errors as problem+json. The last of all: `app.use(guard.notFoundHandler, guard.errorHandler)`. */
  readonly errorHandler: ErrorMiddleware
  /** What the layers tell each other. */
  readonly events: EventBus
  /** Validates a route's input; the typed result is `req.valid`. Refusals are counted with the stack's. */
  validate<S extends RequestSchemas>(schemas: S): Validation<S>
  /**
   * Middleware of a route that takes files of a form: they are in `req.files` until the response has finished. Needs the package
   * `@fastify/busboy`. Refusals are counted with the stack's.
   *
   * @throws `AlfredConfigError`
   */
  upload(options: Omit<UploadOptions, 'clock' | 'events' | 'logger'>): Middleware
  /**
   * Middleware that asks who makes a request where it is known: behind sessions and passport. Limits per user on routes,
   * {@link AlfredGuard.limit}, count by it; whom an API key names stays who asks.
   *
   * @param identify - as the configuration's, which is asked when it is left out
   * @throws `AlfredConfigError` where neither is given
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- an application names its framework's request
  identified<Request extends IncomingMessage>(identify?: (request: Request) => IdentifyAnswer): Middleware
  /**
   * Middleware for single routes: counts requests by policies of `rateLimit.policies` with `match: false`.
   *
   * @throws `ALFRED_LAYER_OFF`, `ALFRED_RATE_LIMIT_UNKNOWN_POLICY`
   */
  limit(...names: readonly [string, ...string[]]): Middleware
  /**
   * Serves `app` with all that belongs to it: {@link AlfredGuard.hardenServer}, {@link AlfredGuard.drainOnSignals},
   * {@link AlfredGuard.ready}, then listens.
   *
   * @param port - 0 for a free one
   * @returns the server, once it listens
   * @throws what opening the layers or the port fails with; nothing is left open then
   */
  listen(app: RequestListener, port: number, options?: ListenOptions): Promise<Server>
  /**
   * What requests have shown to be wrong with `trustProxy`, in words that say what to set; empty when all fits, or
   * nobody asked yet. `/healthz` warns of it.
   */
  check(): readonly ProxyFinding[]
  /**
   * Whether a WebSocket upgrade may go on: one without `Origin`, of the site's own page, or of an origin that `cors` allows.
   * Browsers apply no CORS to WebSockets, and middleware sees no upgrade. Works without `cors` too. The answer is a promise only
   * when an origin function of `cors` makes one.
   */
  checkUpgrade(request: IncomingMessage): boolean | Promise<boolean>
  /**
   * Bounds what slow and greedy clients can make `server` wait for, as the configuration's `server` says, and refuses
   * upgrades whose target or host the stack would refuse. Call it before the server listens.
   *
   * @returns the same server
   */
  hardenServer<S extends HardenableServer>(server: S): S
  /**
   * Drains `server` when the process is asked to end: readiness fails, requests finish, the guard closes,
   * the process exits. Call it before the server listens.
   */
  drainOnSignals(server: DrainableServer, options?: GuardDrainOptions): Drain
  /** Resolves when the vault is open. Redis is not waited for: the readiness probe tells of it. The client keys' store is, for a second. */
  ready(): Promise<void>
}
