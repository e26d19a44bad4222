import { lifecycle } from '@alfred/core'
import {
  openRedis,
  type RedisConnectionOptions,
  resolveRedisConnection,
} from '../../stores/redis/redis-access.ts'
import { type ClientKeyStore, maxNamedChanges, type StoredClientKey } from './client-key-store.ts'

/**
 * The commands. Each runs as a whole, on keys of one hash slot: 1 the revisions, 2 the data and 3 the times of last
 * use by id, 4 the ids by name, 5 the ids by the position of their last write, 6 the position, 7 the pepper.
 */
const scripts = {
  /** ARGV: id. Answers revision, data and time of last use. */
  find: `
    local id = ARGV[1]
    return { redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[3], id) }`,

  /** ARGV: where to begin, how many. Answers id, revision, data and time of last use of each. */
  list: `
    local found = {}
    for _, id in ipairs(redis.call('ZRANGEBYLEX', KEYS[4], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
      found[#found + 1] = { id, redis.call('HGET', KEYS[1], id), redis.call('HGET', KEYS[2], id),
        redis.call('HGET', KEYS[3], id) or '' }
    end
    return found`,

  /** ARGV: id, expected revision, data, channel. Answers whether it was done. */
  write: `
    local id = ARGV[1]
    if (redis.call('HGET', KEYS[1], id) or '0') ~= ARGV[2] then return 0 end
    local position = redis.call('INCR', KEYS[6])
    redis.call('HSET', KEYS[1], id, string.format('%d', ARGV[2] + 1))
    redis.call('HSET', KEYS[2], id, ARGV[3])
    redis.call('ZADD', KEYS[4], 0, id)
    redis.call('ZADD', KEYS[5], position, id)
    redis.call('PUBLISH', ARGV[4], '')
    return 1`,

  /** ARGV: ids and times in turn. */
  touch: `
    for i = 1, #ARGV, 2 do
      local id, at = ARGV[i], tonumber(ARGV[i + 1])
      if redis.call('HEXISTS', KEYS[1], id) == 1 and tonumber(redis.call('HGET', KEYS[3], id) or '0') < at then
        redis.call('HSET', KEYS[3], id, string.format('%d', at))
      end
    end
    return 1`,

  /** ARGV: position or '', how many ids at the most. Answers the position and the ids. */
  changes: `
    local ids = {}
    if ARGV[1] ~= '' then
      ids = redis.call('ZRANGEBYSCORE', KEYS[5], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
    end
    return { tonumber(redis.call('GET', KEYS[6]) or '0'), ids }`,

  readPepper: `return redis.call('GET', KEYS[7])`,

  /** ARGV: what is expected, or '' for nothing; the pepper. Answers whether it was done. */
  replacePepper: `
    if (redis.call('GET', KEYS[7]) or '') ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[7], ARGV[2])
    return 1`,
} as const

type Text = string | null

const toStored = (id: string, revision: Text, data: Text, lastUsedAt: Text): StoredClientKey => ({
  id,
  revision: Number(revision),
  data: data ?? '',
  lastUsedAt: lastUsedAt ? Number(lastUsedAt) : undefined,
})

/**
 * A store that all processes on one Redis share: `alfred:client-keys:{name}:…`, in one hash slot, changed by one script
 * each. Writes are told by publish/subscribe. It opens one connection of its own, and a second one while it is watched.
 *
 * Redis answers before a write is on a disk or on a replica. Give it `appendonly yes`, `appendfsync always` and
 * `maxmemory-policy noeviction`: keys that Redis forgets are unknown keys.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_STORE_UNAVAILABLE` within two times `timeoutMs`
 *
 * @example
 * ```ts
 * import { createRedisClientKeyStore } from '@alfred/key-vault/client-keys'
 *
 * export const store = () => createRedisClientKeyStore({ url: 'redis://127.0.0.1:6379' })
 * ```
 */
export function createRedisClientKeyStore(options: RedisConnectionOptions): ClientKeyStore {
  const connection = resolveRedisConnection('clientKeys.store', options)
  const prefix = `alfred:client-keys:{${connection.name}}:`
  const parts = ['revisions', 'data', 'used', 'ids', 'changes', 'position', 'pepper']
  const keys = parts.map((part) => prefix + part)
  const channel = `${prefix}changed`
  const redis = openRedis(connection, 'The store of the client keys')
  const run = (script: keyof typeof scripts, ...args: readonly (string | number)[]): Promise<unknown> =>
    redis.run(scripts[script], keys, args)

  return {
    async find(id) {
      const [revision = null, data = null, used = null] = (await run('find', id)) as Text[]
      return revision === null ? undefined : toStored(id, revision, data, used)
    },
    async list(after, limit) {
      const rows = (await run('list', after === undefined ? '-' : `(${after}`, limit)) as [
        string,
        Text,
        Text,
        Text,
      ][]
      return rows.map(([id, ...rest]) => toStored(id, ...rest))
    },
    write: async (id, expected, data) => (await run('write', id, expected, data, channel)) === 1,
    async touch(uses) {
      if (uses.size > 0) await run('touch', ...[...uses].flat())
    },
    async changes(position) {
      const [reached, ids] = (await run('changes', position ?? '', maxNamedChanges + 1)) as [number, string[]]
      return { position: reached, ids: ids.length > maxNamedChanges ? undefined : ids }
    },
    readPepper: async () => ((await run('readPepper')) as Text) ?? undefined,
    replacePepper: async (expected, pepper) => (await run('replacePepper', expected ?? '', pepper)) === 1,
    watch: (onChange) => redis.listen(channel, onChange),
    ...lifecycle(
      () => {
        redis.close()
      },
      () => redis.ready(),
    ),
  }
}
