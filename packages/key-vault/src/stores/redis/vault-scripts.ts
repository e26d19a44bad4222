import { createRedisScript } from '@alfred/core/redis'

/**
 * The commands of the vault in Redis. Each runs as a whole, on keys of one hash slot:
 * 1 the document, 2 the lease, 3 its epoch, 4 the audit trail, 5 the notes.
 */
export const vaultScripts = {
  read: createRedisScript(`return redis.call('HMGET', KEYS[1], 'revision', 'data')`),

  /** ARGV: expected revision, data, epoch or '', channel. Answers 1 written, 0 another revision, -1 fenced. */
  compareAndSet: createRedisScript(`
    if ARGV[3] ~= '' and tonumber(redis.call('GET', KEYS[3]) or '0') > tonumber(ARGV[3]) then return -1 end
    if (redis.call('HGET', KEYS[1], 'revision') or '0') ~= ARGV[1] then return 0 end
    redis.call('HSET', KEYS[1], 'revision', string.format('%d', ARGV[1] + 1), 'data', ARGV[2])
    redis.call('PUBLISH', ARGV[4], '')
    return 1`),

  /** ARGV: ms. Answers the epoch, or 0 while another holds the lease. */
  acquire: createRedisScript(`
    if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
    local epoch = redis.call('INCR', KEYS[3])
    redis.call('SET', KEYS[2], epoch, 'PX', ARGV[1])
    return epoch`),

  /** ARGV: epoch, ms. Answers whether nobody else took it. */
  renew: createRedisScript(`
    if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
    return 1`),

  /** ARGV: epoch. */
  release: createRedisScript(`
    if redis.call('GET', KEYS[2]) == ARGV[1] then return redis.call('DEL', KEYS[2]) end
    return 0`),

  /** Answers the time in ms since the epoch, as text: a number would be cut to a safe integer. */
  now: createRedisScript(`
    local time = redis.call('TIME')
    return string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))`),

  /** ARGV: instance, note, ms. The note is kept behind the time it is good until. */
  announce: createRedisScript(`
    local time = redis.call('TIME')
    local untilMs = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]
    redis.call('HSET', KEYS[5], ARGV[1], string.format('%d ', untilMs) .. ARGV[2])
    return 1`),

  announcements: createRedisScript(`
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local notes = {}
    local all = redis.call('HGETALL', KEYS[5])
    for i = 1, #all, 2 do
      local space = string.find(all[i + 1], ' ', 1, true)
      if tonumber(string.sub(all[i + 1], 1, space - 1)) > now then
        notes[#notes + 1] = string.sub(all[i + 1], space + 1)
      else
        redis.call('HDEL', KEYS[5], all[i])
      end
    end
    return notes`),

  /** ARGV: expected length, entries. */
  appendAudit: createRedisScript(`
    if redis.call('LLEN', KEYS[4]) ~= tonumber(ARGV[1]) then return 0 end
    for i = 2, #ARGV do redis.call('RPUSH', KEYS[4], ARGV[i]) end
    return 1`),

  /** ARGV: from, limit. Answers the length and the entries. */
  readAudit: createRedisScript(`
    local entries = {}
    if tonumber(ARGV[2]) > 0 then
      entries = redis.call('LRANGE', KEYS[4], ARGV[1], ARGV[1] + ARGV[2] - 1)
    end
    return { redis.call('LLEN', KEYS[4]), entries }`),
}
