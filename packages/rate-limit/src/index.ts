export { type AlgorithmName, type Quota } from './algorithms/algorithm.ts'
export {
  createMemoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryTake,
} from './stores/memory/memory-store.ts'
export {
  defaultPolicies,
  type QuotaUnit,
  type RateLimitKey,
  type RateLimitPolicy,
} from './policies/policy.ts'
export { type OnStoreError } from './stores/on-store-error.ts'
export { type BanOptions } from './addresses/ban-options.ts'
export { quotaFieldNames, type RateLimitHeaders } from './answers/quota-fields/quota-fields.ts'
export { type RateLimitOptions } from './rate-limit-options.ts'
export {
  type RateLimitStore,
  type StoreAnswer,
  type StoreEdit,
  type StoreRule,
  type StoreTake,
  type StoreWatch,
  type TakeOptions,
} from './stores/rate-limit-store.ts'
export { type PolicyAnswer } from './stores/policy-answer.ts'
export { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
export {
  type RateLimitConsumption,
  type RateLimitReserve,
  type RateLimitTake,
} from './consumption/consumption.ts'
export {
  type RedisSentinelOptions,
  type RedisStoreOptions,
  type RedisTlsOptions,
} from './stores/redis/redis-store-options.ts'
export { createRedisStore } from './stores/redis/redis-store.ts'
export { type RateLimitAdministration } from './administration.ts'
export { type RateLimitDecision, type RateLimitStatus } from './consumption/rate-limit-decision.ts'
export { type PlanQuota, type PlanSubject, type RateLimitPlan } from './policies/rate-limit-plan.ts'
export { type Reservation } from './consumption/reservation.ts'
export { type UnitLease } from './policies/unit-lease.ts'
export {
  createFlexibleLimiter,
  type FlexibleClasses,
  type FlexibleEngine,
  type FlexibleEngineOptions,
} from './stores/flexible/flexible-limiter.ts'
export { type FlexibleLimiter, type FlexibleResult } from './stores/flexible/flexible-limiter-type.ts'
export {
  createFlexibleStore,
  type FlexibleLimiterFactory,
  type FlexibleLimiterOptions,
  type FlexibleStoreOptions,
} from './stores/flexible/flexible-store.ts'
export { rateLimitPeers } from './policies/peer-options.ts'
