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
export { createRedisStore, type RedisStoreOptions } from './redis-store.ts'
