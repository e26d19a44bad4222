export { type AlgorithmName } from './algorithm.ts'
export {
  createMemoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryTake,
} from './memory-store.ts'
export {
  defaultPolicies,
  type OnStoreError,
  type QuotaUnit,
  type RateLimitKey,
  type RateLimitPolicy,
} from './policy.ts'
export { type BanOptions } from './addresses/ban-options.ts'
export { quotaFieldNames, type RateLimitHeaders } from './quota-fields/quota-field-writer.ts'
export { type RateLimitOptions } from './rate-limit-options.ts'
export {
  type RateLimitStore,
  type StoreAnswer,
  type StoreRule,
  type StoreTake,
  type TakeOptions,
} from './rate-limit-store.ts'
export { type PolicyAnswer } from './policy-answer.ts'
export {
  createRateLimiter,
  type RateLimitDecision,
  type RateLimiter,
  type RateLimitStatus,
  type RateLimitTake,
} from './rate-limiter.ts'
export {
  type RedisSentinelOptions,
  type RedisStoreOptions,
  type RedisTlsOptions,
} from './redis/redis-store-options.ts'
export { createRedisStore } from './redis-store.ts'
export { createLoadShedder, type LoadShedder } from './overload/load-shedder.ts'
export type { EventLoopDelay } from './overload/event-loop-delay.ts'
export type { LoadShedderOptions } from './overload/load-shedder-options.ts'
export { type HardenableServer, hardenServer } from './server/harden-server.ts'
export type { HardenServerOptions } from './server/harden-server-options.ts'
