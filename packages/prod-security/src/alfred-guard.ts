import type { IncomingMessage } from 'node:http'
import type { ErrorMiddleware, EventBus, Lifecycle, Middleware, ProxyFinding } from '@alfred/core'
import type { RequestSchemas, Validation } from '@alfred/input-validation'
import type { Drain, DrainableServer, DrainOnSignalsOptions, HardenableServer } from '@alfred/server'
import type { GuardLayers } from './layers/layer-types.ts'

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
  drainOnSignals(
    server: DrainableServer,
    options?: Omit<DrainOnSignalsOptions, 'clock' | 'events' | 'health' | 'logger'>,
  ): Drain
  /** Resolves when the vault is open. Redis is not waited for: the readiness probe tells of it. The client keys' store is, for a second. */
  ready(): Promise<void>
}
