import type { IncomingMessage } from 'node:http'
import type { Clock, EventBus, Logger, TrustProxy } from '@alfred/core'
import type { LayerConfigs } from '../layers/layer-types.ts'
import type { PresetName } from './presets.ts'

/** Who makes a request: the id of a user; anything else is nobody. */
export type IdentifyAnswer = string | number | null | undefined

/**
 * The configuration of {@link alfredHardening}. Each layer's options are those of its package, without
 * `logger`, `clock`, `events`, `publicOrigins` and `trustProxy`, which are said once here.
 */
export interface AlfredConfig extends LayerConfigs {
  /** Sets options of several layers at once; options of your own win. See {@link presets}. @default none */
  readonly preset?: PresetName | undefined
  /**
   * Which peers may say on whose behalf they ask: `false` nobody, the number of proxies in front, or
   * their addresses.
   * @default false
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * The hosts that requests may name, in `Host` or `:authority`: `app.example.com`, `*.example.com`, addresses, each with or
   * without a port. Others get 421. `localhost`, `127.0.0.1` and `[::1]` are always allowed. `X-Forwarded-Host` is not read.
   * @default every host, with a hint in the log; `false` allows every host without it
   */
  readonly allowedHosts?: readonly string[] | false | undefined
  /**
   * The origins of this server as browsers know them (`https://app.example.com`), for CORS, CSRF protection and upgrades. Needed where a
   * proxy replaces `Host`, or leaves its port out, and sends no `X-Forwarded-Host` that `trustProxy` lets it.
   * @default none: `Host` names them
   */
  readonly publicOrigins?: readonly string[] | undefined
  /**
   * The id of the user who makes a request, as your authentication has established it: a non-empty string or a
   * finite number. `undefined`, `null` and `''` are a visitor. Limits per user count by it. Must not trust anything
   * that a client can choose. It answers at once, so an async function is refused; a throw or any other value is
   * logged once, and the request counts as a visitor's.
   * @default nobody is known
   */
  readonly identify?: ((request: IncomingMessage) => IdentifyAnswer) | undefined
  /**
   * Receives every request that ends in a 5xx, with the error: the place for an error tracker. Its promise is not
   * waited for; what it throws or rejects with is logged.
   */
  readonly onError?: ((error: unknown, request: IncomingMessage) => unknown) | undefined
  /**
   * Takes what the layers log; `false` is silence.
   * @default each kind of refusal, warning and error once on stderr
   */
  readonly logger?: Logger | false | undefined
  /** @default the machine's own time */
  readonly clock?: Clock | undefined
  /** What the layers tell each other is emitted here too. @default a bus of its own */
  readonly events?: EventBus | undefined
}
