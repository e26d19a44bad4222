import type { RateLimitOptions, RedisStoreOptions } from '@alfred/rate-limit'

/** What every layer is given by the stack and therefore not by its own options. */
export type StackOption = 'clock' | 'events' | 'logger' | 'publicOrigins' | 'trustProxy'

/** `false` switches a layer off, `true` takes its defaults, an object is its options. */
export type LayerConfig<Options> = boolean | Omit<Options, StackOption> | undefined

/** Rate limiting as part of the stack: the limiter's options, and Redis by its address alone. */
export interface RateLimitConfig extends Omit<RateLimitOptions, StackOption> {
  /** Counts are kept in this Redis, in place of `store`. */
  readonly redis?: Omit<RedisStoreOptions, StackOption> | undefined
}
