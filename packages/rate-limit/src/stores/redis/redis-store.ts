import { AlfredError, lifecycle, requireBeside, requirePackages } from '@alfred/core'
import { openRedisConnection, type RedisScript } from '@alfred/core/redis'
import { blockTag, cellTags } from '../../algorithms/cell-tag.ts'
import { compileRule, type CompiledRule, decide, takesOf, withQuotas } from '../compiled-rules.ts'
import type { RateLimitStore, StoreAnswer } from '../rate-limit-store.ts'
import { type RedisStoreOptions, resolveRedisStoreOptions } from './redis-store-options.ts'
import { readReply } from './read-reply.ts'
import { editScript } from './edit-script.ts'
import { countScript, scriptArguments } from './redis-script.ts'

/** Loaded where a store is in Redis: importing ioredis takes longer than importing everything else here. */
function loadIoredis(): unknown {
  const from = import.meta.url
  requirePackages({ names: ['ioredis'], from, option: 'rateLimit.redis' })
  return requireBeside(from)('ioredis')
}

function conclude(
  reply: unknown,
  rules: readonly CompiledRule[],
  takes: readonly number[],
  forced: boolean,
): StoreAnswer {
  const states = readReply(reply, rules)
  if (!states) {
    throw new AlfredError('ALFRED_STORE_UNAVAILABLE', 'Redis returned an unexpected reply.', {
      store: 'rate limits',
    })
  }
  const { admitted, answers } = decide(rules, states, takes, forced)
  return { admitted, answers }
}

/**
 * Builds a store that all processes on one Redis share. All rules of a subject are checked and counted
 * in one script call on one key, by the clock of Redis; every key expires by itself.
 *
 * The store connects at once, keeps trying for as long as Redis is away, and meanwhile rejects every call
 * at once. Nothing is ever sent a second time, except when Redis said that it did not know the script.
 *
 * @throws AlfredConfigError when an option is unknown or wrong
 *
 * @example
 * ```ts
 * import { createRateLimiter, createRedisStore } from '@alfred/rate-limit'
 *
 * const store = createRedisStore({ url: 'redis://127.0.0.1:6379' })
 * export const limiter = createRateLimiter({ store })
 *
 * // A cluster, TLS with an authority of one's own
 * export const clustered = createRedisStore({ cluster: ['rediss://10.0.0.1:6379'], tls: { ca: '-----BEGIN CERTIFICATE-----…' } })
 * ```
 */
export function createRedisStore(options: RedisStoreOptions): RateLimitStore {
  const { prefix, connection: settings } = resolveRedisStoreOptions(options)
  const connection = openRedisConnection(settings, { purpose: 'rate limits', loadIoredis })
  const channel = `${prefix}edits`

  const run = (script: RedisScript, subject: string, args: readonly string[]): Promise<unknown> =>
    connection.runBytes(script, [`${prefix}{${subject}}`], args)

  return {
    prepare(storeRules) {
      const rules = storeRules.map(compileRule)
      const count = countScript(rules, { channel })
      const charge = countScript(rules, { forced: true, channel })
      const ownTakes = rules.map((rule) => rule.take)
      const ownArguments = scriptArguments({ rules, takes: undefined, lease: 0 })

      return (subject, options = {}) => {
        const { costs, quotas, forced = false, lease } = options
        const applied = withQuotas(rules, quotas)
        const own = applied === rules && costs === undefined
        const takes = own ? ownTakes : takesOf(applied, costs)
        const args =
          own && lease === undefined
            ? ownArguments
            : scriptArguments({
                rules: applied,
                takes: costs && takes,
                lease: lease ?? 0,
              })
        const read = (reply: unknown): StoreAnswer => conclude(reply, applied, takes, forced)
        return run(forced ? charge : count, subject, args).then(read)
      }
    },
    async edit({ rule: { name, algorithm = 'gcra' }, subject, forget, blockMs }) {
      const dropped = [
        ...(forget ? cellTags(name, algorithm) : []),
        ...(blockMs === undefined ? [] : [blockTag(name)]),
      ]
      const blockUs = Math.ceil((blockMs ?? 0) * 1000)
      await run(editScript, subject, [dropped.join(''), blockTag(name), String(blockUs), channel, subject])
    },
    watch(listener) {
      // What was published meanwhile may have been missed.
      const any = (): void => {
        listener(undefined)
      }
      return connection.subscribe(channel, { message: listener, subscribed: any, lost: any })
    },
    ...lifecycle(
      () => {
        connection.close()
      },
      () => connection.ready(),
    ),
  }
}
