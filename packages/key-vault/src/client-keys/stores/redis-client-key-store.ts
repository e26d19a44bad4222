import { lifecycle } from '@alfred/core'
import { openKeyedRedis, type RedisKeyStoreOptions } from '../../stores/redis/keyed-redis.ts'
import { clientKeyScripts } from './client-key-scripts.ts'
import { type ClientKeyStore, maxNamedChanges, type StoredClientKey } from './client-key-store.ts'

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
export function createRedisClientKeyStore(options: RedisKeyStoreOptions): ClientKeyStore {
  const redis = openKeyedRedis(options, {
    path: 'clientKeys.store',
    purpose: 'client keys',
    prefix: 'alfred:client-keys:',
    keys: ['revisions', 'data', 'used', 'ids', 'changes', 'position', 'pepper'],
    scripts: clientKeyScripts,
  })
  const { channel, run } = redis

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
    watch: redis.listen,
    ...lifecycle(redis.close, redis.ready),
  }
}
