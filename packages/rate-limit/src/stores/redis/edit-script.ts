import { createRedisScript, type RedisScript } from '@alfred/core/redis'
import { cellBytes, taggedFormat } from './cell-format.ts'

/**
 * The script that makes an administrator's change: leaves out the cells whose tags are in `ARGV[1]`, adds a
 * block of `ARGV[3]` microseconds under the tag `ARGV[2]` unless it is 0, and tells the channel `ARGV[4]`
 * of the subject `ARGV[5]`.
 */
export const editScript: RedisScript = createRedisScript(
  [
    `local call, unpack = redis.call, struct.unpack`,
    `local time = call('TIME')`,
    `local now = time[1] * 1000000 + time[2]`,
    `local packed = call('GET', KEYS[1]) or ''`,
    `local dropped, value, last = {}, '', now`,
    `for p = 1, #ARGV[1], 3 do dropped[string.sub(ARGV[1], p, p + 2)] = true end`,
    `for p = 1, #packed - ${String(cellBytes - 1)}, ${String(cellBytes)} do`,
    `  local g, m = unpack('<${taggedFormat}', packed, p)`,
    `  if m >= now and not dropped[g] then`,
    `    value = value .. string.sub(packed, p, p + ${String(cellBytes - 1)})`,
    `    if m > last then last = m end`,
    `  end`,
    `end`,
    `local block = ARGV[3] + 0`,
    `if block > 0 then`,
    // With the seconds that it may last: by them a clock that was set back is noticed.
    `  value = value .. struct.pack('<${taggedFormat}', ARGV[2], now + block, math.ceil(block / 1000000))`,
    `  if now + block > last then last = now + block end`,
    `end`,
    `local ttl = (last - now) / 1000`,
    `if value == '' then call('DEL', KEYS[1])`,
    `else call('SET', KEYS[1], value, 'PX', ttl - ttl % 1 + 2) end`,
    `call('PUBLISH', ARGV[4], ARGV[5])`,
  ].join('\n'),
)
