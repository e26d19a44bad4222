import { createRedisScript } from '@alfred/core/redis'

/**
 * The commands of client keys in Redis. Each runs as a whole, on keys of one hash slot: 1 the revisions, 2 the data and 3 the times of last
 * use by id, 4 the ids by name, 5 the ids by the position of their last write, 6 the position, 7 the pepper.
 */
export const clientKeyScripts = {
  /** ARGV: id. Answers revision, data and time of last use. */
  find: createRedisScript(`
    local id = ARGV[1]
    return { redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[3], id) }`),

  /** ARGV: where to begin, how many. Answers id, revision, data and time of last use of each. */
  list: createRedisScript(`
    local found = {}
    for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[4], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
      found[#found + 1] = { id, redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id),
        redis.call('HGET', KEYS[3], id) or '' }
    end
    return found`),

  /** ARGV: id, expected revision, data, channel. Answers whether it was done. */
  write: createRedisScript(`
    local id = ARGV[1]
    if (redis.call('HGET', KEYS[1], id) or '0') ~= ARGV[2] then return 0 end
    local position = redis.call('INCR', KEYS[6])
    redis.call('HSET', KEYS[1], id, string.format('%d', ARGV[2] + 1))
    redis.call('HSET', KEYS[2], id, ARGV[3])
    redis.call('ZADD', KEYS[4], 0, id)
    redis.call('ZADD', KEYS[5], position, id)
    redis.call('PUBLISH', ARGV[4], '')
    return 1`),

  /** ARGV: ids and times in turn. */
  touch: createRedisScript(`
    for i = 1, #ARGV, 2 do
      local id, at = ARGV[i], tonumber(ARGV[i + 1])
      if redis.call('HEXISTS', KEYS[1], id) == 1 and tonumber(redis.call('HGET', KEYS[3], id) or '0') < at then
        redis.call('HSET', KEYS[3], id, string.format('%d', at))
      end
    end
    return 1`),

  /** ARGV: position or '', how many ids at the most. Answers the position and the ids. */
  changes: createRedisScript(`
    local ids = {}
    if ARGV[1] ~= '' then
      ids = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
    end
    return { tonumber(redis.call('GET', KEYS[6]) or '0'), ids }`),

  readPepper: createRedisScript(`return redis.call('GET', KEYS[7])`),

  /** ARGV: what is expected, or '' for nothing; the pepper. Answers whether it was done. */
  replacePepper: createRedisScript(`
    if (redis.call('GET', KEYS[7]) or '') ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[7], ARGV[2])
    return 1`),
}
