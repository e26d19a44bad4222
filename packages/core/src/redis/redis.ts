export { openRedisConnection, type RedisConnection, type RedisConnectionUse } from './redis-connection.ts'
export {
  readRedisConnection,
  type RedisClient,
  redisConnectionConstraints,
  type RedisConnectionOptions,
  redisConnectionRules,
  type RedisSentinelOptions,
  type RedisTlsOptions,
  type ResolvedRedisConnection,
  resolveRedisConnection,
} from './redis-options.ts'
export { createRedisScript, type RedisScript } from './redis-script.ts'
export type { RedisListener, RedisSubscription } from './redis-subscriber.ts'
