import type {
  Clock,
  ConfigProblem,
  Endpoint,
  EventBus,
  Lifecycle,
  Logger,
  Middleware,
  TrustProxy,
} from '@alfred/core'
import type { BuiltLayers, GuardLayers, LayerConfigs } from './layer-types.ts'

/** The order of the middleware in a stack. Requests count before their body is parsed. */
export const positions = [
  'request id',
  'headers, request target and host',
  'trace context',
  'metrics timer',
  'CORS',
  'probes',
  '/metrics',
  'reports of the CSP',
  'CSRF',
  'load shedding',
  'denied and banned addresses',
  'the user',
  'API keys',
  'rate limiting',
  'limits of URL and header',
  'body guard',
  'signatures of webhooks',
] as const

/** Where in the stack a middleware stands. */
export type Position = (typeof positions)[number]

/** What a layer adds to the stack. */
export type Placed = Readonly<Partial<Record<Position, Middleware>>>

/** Every layer that a configuration switches on or off. */
export type LayerKey = keyof LayerConfigs

/** The options of a layer. */
export type LayerOptions<Key extends LayerKey> = Exclude<NonNullable<LayerConfigs[Key]>, boolean>

/** What was asked of each layer; `false` where one is off. */
export type RequestedLayers = { readonly [Key in LayerKey]: LayerOptions<Key> | false }

/** What every layer logs to, measures time with, and emits to. */
export interface Observed {
  readonly logger: Logger
  readonly clock: Clock
  readonly events: EventBus
}

/** What a layer is built with, beside its own options. */
export interface LayerContext {
  readonly trustProxy: TrustProxy
  readonly publicOrigins: readonly string[]
  readonly observed: Observed
  readonly requested: RequestedLayers
  /** The layers of the rows before this one. */
  readonly built: Partial<BuiltLayers>
  /** Takes what is wrong between two layers. */
  readonly problems: ConfigProblem[]
  /** Whether `guard.ready()` has resolved. */
  readonly isReady: () => boolean
  /** Closes what a layer opened for itself after the layer. */
  readonly open: <Opened extends Lifecycle>(opened: Opened) => Opened
}

/** How a configuration may name a layer. */
export interface LayerForms {
  /** `false` for options that `false` and `true` make no sense for. */
  readonly isSwitched?: boolean
  /** The options without a default: `true` cannot switch the layer on. */
  readonly lacking?: string
  /** Options that are objects of options themselves. They are given the same as the layer. */
  readonly parts?: readonly string[]
}

/** One row of the table of layers. */
export interface LayerDefinition<Key extends LayerKey> extends LayerForms {
  /** The options of a layer that the configuration does not name; `false` leaves it off. */
  readonly byDefault: LayerOptions<Key> | false
  /** Whether the guard has a member of this name. */
  readonly isOffered: Key extends keyof GuardLayers ? true : false
  /** Whether `guard.ready()` waits for the layer. */
  readonly isAwaited?: boolean
  create(options: LayerOptions<Key>, context: LayerContext): BuiltLayers[Key]
  /** What the layer does once all others are built. */
  connect?(layer: BuiltLayers[Key], context: LayerContext): void
  /** The paths where the layer answers by itself. */
  endpoints?(layer: BuiltLayers[Key], options: LayerOptions<Key>): readonly Endpoint[]
  middleware?(layer: BuiltLayers[Key]): Placed
}

/** The table of layers, in the order in which they are built. */
export type LayerTable = { readonly [Key in LayerKey]: LayerDefinition<Key> }
