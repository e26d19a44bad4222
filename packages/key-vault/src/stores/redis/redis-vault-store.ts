import { lifecycle } from '@alfred/core'
import { fenced } from '../fenced.ts'
import { openKeyedRedis, type RedisKeyStoreOptions } from './keyed-redis.ts'
import { vaultScripts } from './vault-scripts.ts'
import type { VaultStore } from '../vault-store.ts'

const texts = (reply: unknown): string[] =>
  Array.isArray(reply) ? reply.filter((entry) => typeof entry === 'string') : []

/**
 * A store that all processes on one Redis share: `alfred:vault:{name}:…`, in one hash slot, changed by one script each.
 * Writes are told by publish/subscribe. It opens one connection of its own, and a second one while it is watched.
 *
 * Redis answers before a write is on a disk or on a replica. Give it `appendonly yes`, `appendfsync always` and
 * `maxmemory-policy noeviction`, and back it up; a vault refuses to go on with an older state than it has seen.
 *
 * @throws `AlfredConfigError` (`ALFRED_CONFIG_INVALID`); its calls reject with `AlfredError`s
 * `ALFRED_STORE_UNAVAILABLE` within two times `timeoutMs`, and `ALFRED_VAULT_FENCED`
 *
 * @example
 * ```ts
 * import { createRedisVaultStore } from '@alfred/key-vault'
 *
 * export const store = () => createRedisVaultStore({ url: 'redis://127.0.0.1:6379' })
 * ```
 */
export function createRedisVaultStore(options: RedisKeyStoreOptions): VaultStore {
  const redis = openKeyedRedis(options, {
    path: 'vault.store',
    purpose: 'the key vault',
    prefix: 'alfred:vault:',
    keys: ['document', 'lease', 'epoch', 'audit', 'notes'],
    scripts: vaultScripts,
  })
  const { channel, run } = redis

  return {
    async read() {
      const [revision, data] = (await run('read')) as [string | null, string | null]
      return { revision: Number(revision ?? 0), data: data ?? undefined }
    },
    async compareAndSet(expected, data, epoch) {
      const done = await run('compareAndSet', expected, data, epoch ?? '', channel)
      if (done === -1) throw fenced()
      return done === 1
    },
    async lease(ttlMs) {
      const epoch = Number(await run('acquire', ttlMs))
      if (epoch === 0) return undefined
      return {
        epoch,
        renew: async (forMs) => (await run('renew', epoch, forMs)) === 1,
        async release() {
          await run('release', epoch)
        },
      }
    },
    now: async () => Number(await run('now')),
    watch: redis.listen,
    async announce(instance, note, ttlMs) {
      await run('announce', instance, note, ttlMs)
    },
    announcements: async () => texts(await run('announcements')),
    appendAudit: async (expected, entries) => (await run('appendAudit', expected, ...entries)) === 1,
    async readAudit(from, limit) {
      const [length, entries] = (await run('readAudit', from, limit)) as [number, unknown]
      return { length, entries: texts(entries) }
    },
    ...lifecycle(redis.close, redis.ready),
  }
}
