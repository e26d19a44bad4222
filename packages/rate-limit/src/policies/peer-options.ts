import type { PeerOptions } from '@alfred/core'

const limit = 'rateLimit.policies[].limit'
const windowMs = 'rateLimit.policies[].windowMs'
const key = 'rateLimit.policies[].key'
const inSeconds = 'in milliseconds, not seconds'
const denial = { note: 'a denial is always a 429 problem document' }
const countWhen = 'rateLimit.policies[].countWhen'

/** Where the options of other limiters are in `rateLimit`. */
export const rateLimitPeers: PeerOptions = {
  'express-rate-limit': {
    windowMs,
    max: limit,
    limit,
    keyGenerator: key,
    identifier: 'rateLimit.policies[].name',
    ipv6Subnet: 'rateLimit.policies[].ipv6PrefixBits',
    skip: { ours: 'rateLimit.policies[].match', note: 'which says what counts' },
    passOnStoreError: { ours: 'rateLimit.policies[].onStoreError', note: "with the value 'allow'" },
    standardHeaders: 'rateLimit.headers',
    legacyHeaders: { ours: 'rateLimit.headers', note: "with the value 'legacy'" },
    skipFailedRequests: { ours: countWhen, note: "with the value 'success'" },
    skipSuccessfulRequests: { ours: countWhen, note: "with the value 'failure'" },
    requestWasSuccessful: countWhen,
    message: denial,
    statusCode: denial,
    handler: denial,
    validate: { note: 'options are always checked' },
  },
  'rate-limiter-flexible': {
    points: limit,
    duration: { ours: windowMs, note: inSeconds },
    blockDuration: { ours: 'rateLimit.bans.firstMs', note: inSeconds },
    inMemoryBlockDuration: { ours: 'rateLimit.bans.firstMs', note: inSeconds },
    keyPrefix: 'rateLimit.redis.prefix',
    storeClient: 'rateLimit.redis.client',
    insuranceLimiter: { ours: 'rateLimit.policies[].onStoreError', note: "with the value 'local'" },
    execEvenly: { note: "the algorithm 'gcra' spreads units over the window" },
  },
  '@fastify/rate-limit': {
    timeWindow: { ours: windowMs, note: 'in milliseconds' },
    allowList: 'rateLimit.allow',
    ban: 'rateLimit.bans.after',
  },
  'express-slow-down': {
    delayAfter: { note: 'requests beyond a limit are refused, not delayed' },
    delayMs: { note: 'requests beyond a limit are refused, not delayed' },
  },
  Arcjet: {
    characteristics: key,
    mode: { ours: 'rateLimit.policies[].mode', note: "with the value 'shadow' for DRY_RUN" },
    interval: { ours: windowMs, note: inSeconds },
    refillRate: limit,
    capacity: 'rateLimit.policies[].burst',
    rules: 'rateLimit.policies',
  },
}

/** Options of the whole stack that the limiter alone does not have. */
export const limiterPeers: PeerOptions = {
  ...rateLimitPeers,
  '@alfred/prod-security': { redis: { note: 'give createRedisStore(…) as store' } },
}
