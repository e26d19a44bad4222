export type { BanOptions } from './addresses/ban-options.ts'
export type { RateLimitAdministration } from './administration.ts'
export type { AlgorithmName, Quota } from './algorithms/algorithm.ts'
export { quotaFieldNames, type RateLimitHeaders } from './answers/quota-fields/quota-fields.ts'
export type { RateLimitReserve, RateLimitTake } from './consumption/consumption.ts'
export type { RateLimitDecision, RateLimitStatus } from './consumption/rate-limit-decision.ts'
export type { Reservation } from './consumption/reservation.ts'
export { rateLimitPeers } from './policies/peer-options.ts'
export {
  type CountWhen,
  defaultPolicies,
  type QuotaUnit,
  type RateLimitKey,
  type RateLimitPolicy,
} from './policies/policy.ts'
export type { RateLimitPlans } from './policies/plans.ts'
export type { PlanQuota, PlanSubject, RateLimitPlan } from './policies/rate-limit-plan.ts'
export type { TakeAhead } from './policies/take-ahead.ts'
export type { RateLimitOptions } from './rate-limit-options.ts'
export { createRateLimiter, type RateLimiter } from './rate-limiter.ts'
export type { FlexibleLimiter } from './stores/flexible/flexible-limiter-type.ts'
export { createFlexibleLimiter, type FlexibleEngine } from './stores/flexible/flexible-limiter.ts'
export {
  createFlexibleStore,
  type FlexibleLimiterFactory,
  type FlexibleStoreOptions,
} from './stores/flexible/flexible-store.ts'
export { createMemoryStore, type MemoryStore } from './stores/memory/memory-store.ts'
export type { OnStoreError } from './stores/on-store-error.ts'
export type { PolicyAnswer } from './stores/policy-answer.ts'
export type {
  RateLimitStore,
  StoreAnswer,
  StoreRule,
  StoreTake,
  TakeOptions,
} from './stores/rate-limit-store.ts'
export type { RateLimitSubject } from './stores/subject.ts'
export type { RedisStoreOptions } from './stores/redis/redis-store-options.ts'
export { createRedisStore } from './stores/redis/redis-store.ts'
