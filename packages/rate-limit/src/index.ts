export { type AlgorithmName, type Quota } from './algorithm.ts'
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
  type StoreEdit,
  type StoreRule,
  type StoreTake,
  type StoreWatch,
  type TakeOptions,
} from './rate-limit-store.ts'
export { type PolicyAnswer } from './policy-answer.ts'
export { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
export { type RateLimitConsumption, type RateLimitReserve, type RateLimitTake } from './consumption.ts'
export {
  type RedisSentinelOptions,
  type RedisStoreOptions,
  type RedisTlsOptions,
} from './redis/redis-store-options.ts'
export { createRedisStore } from './redis-store.ts'
export { type RateLimitAdministration } from './administration.ts'
export { type RateLimitDecision, type RateLimitStatus } from './rate-limit-decision.ts'
export { type PlanQuota, type PlanSubject, type RateLimitPlan } from './plans.ts'
export { type Reservation } from './reservation.ts'
export { type UnitLease } from './unit-leases.ts'
export {
  createFlexibleLimiter,
  type FlexibleClasses,
  type FlexibleEngine,
  type FlexibleEngineOptions,
} from './flexible/flexible-limiter.ts'
export { type FlexibleLimiter, type FlexibleResult } from './flexible/flexible-limiter-type.ts'
export {
  createFlexibleStore,
  type FlexibleLimiterFactory,
  type FlexibleLimiterOptions,
  type FlexibleStoreOptions,
} from './flexible/flexible-store.ts'
export { rateLimitPeers } from './peer-options.ts'
