import { option, type Options, readOptions } from '@alfred/core'
import { checkNameRule, settingRules, type CheckSettings, type HealthCheck } from './check.ts'

/** A Redis client; `ioredis` and `redis` (node-redis) have this shape. */
export interface RedisClient {
  ping(): Promise<unknown>
  /** ioredis: where its connection stands. */
  readonly status?: string | undefined
  /** node-redis: whether it was opened, and whether commands go out. */
  readonly isOpen?: boolean | undefined
  readonly isReady?: boolean | undefined
}

const rule = option.object({
  /** Unique within a registry. @default 'redis' */
  name: checkNameRule.default('redis'),
  ...settingRules(),
})

/** The options of `redisCheck`: the check's settings. */
export interface RedisCheckOptions extends CheckSettings, Options<typeof rule> {}

/** ioredis' states in which a command would wait for a connection that was lost. */
const lost = new Set(['close', 'reconnecting', 'end'])

/**
 * Sends `PING`. A client that says it has lost its connection fails at once, instead of queueing the
 * command until there is one again.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createHealth, redisCheck } from '@alfred/health'
 * import { Redis } from 'ioredis'
 *
 * createHealth({ checks: [redisCheck(new Redis('redis://127.0.0.1:6379'))] })
 * ```
 */
export function redisCheck(client: RedisClient, options: RedisCheckOptions = {}): HealthCheck {
  readOptions('redisCheck.client', client, option.withMethods<RedisClient>('ping'))
  const settings = readOptions('redisCheck', options, rule)

  const isLost = (): boolean =>
    client.status === undefined ? client.isOpen === true && client.isReady === false : lost.has(client.status)

  return {
    kind: 'datastore',
    ...settings,
    async check() {
      if (isLost()) return { status: 'fail', output: 'the connection is lost' }
      // A client that is subscribed gets a list, one that reads bytes a Buffer.
      const isPong = /^pong\b/i.test(String(await client.ping()))
      return isPong ? { status: 'pass' } : { status: 'fail', output: 'did not answer PONG' }
    },
  }
}
