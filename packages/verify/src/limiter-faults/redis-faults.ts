import { type RedisService, startRedis, startRedisCluster } from '@alfred/testkit'
import { Redis } from 'ioredis'
import type { RedisStoreOptions } from '@alfred/rate-limit'

/** A Redis to count in, and something that happens to it. */
export interface RedisFault {
  readonly redis: RedisStoreOptions
  /** Before the limiter is built, for faults that are there at the start. */
  readonly beforeStart?: () => Promise<void>
  /** Resolves once the fault is there. */
  begin(): Promise<void>
  /** Resolves once the fault is over, as far as Redis is concerned. */
  end(): Promise<void>
  stop(): Promise<void>
  /**
   * How often, at the most, Redis forgets what it has counted: the stated bound of `strict` and `local` grows by one
   * burst each time.
   */
  readonly forgets: number
}

/** A fault of one Redis, given what can be done to it. */
const onOneRedis =
  (
    forgets: number,
    make: (
      service: RedisService,
      command: (...words: string[]) => Promise<void>,
    ) => Pick<RedisFault, 'begin' | 'beforeStart' | 'end'>,
  ) =>
  async (): Promise<RedisFault> => {
    const service = await startRedis()
    const command = async (...words: string[]): Promise<void> => {
      const [name = '', ...rest] = words
      const client = new Redis(service.url, { lazyConnect: true })
      await client.connect()
      await client.call(name, ...rest)
      client.disconnect()
    }
    return {
      redis: { url: service.url },
      forgets,
      ...make(service, command),
      async stop() {
        service.resume()
        await service.stop()
      },
    }
  }

/** Everything that the limiter is tried with, by name. */
export const redisFaults = {
  killed: onOneRedis(1, (service) => ({ begin: () => service.kill(), end: () => service.restart() })),

  paused: onOneRedis(0, (service) => ({
    begin() {
      service.pause()
      return Promise.resolve()
    },
    end() {
      service.resume()
      return Promise.resolve()
    },
  })),

  refusedAtBoot: onOneRedis(0, (service) => ({
    beforeStart: () => service.kill(),
    begin: () => Promise.resolve(),
    end: () => service.restart(),
  })),

  scriptFlush: onOneRedis(0, (_service, command) => {
    let flushing: NodeJS.Timeout | undefined
    const flush = (): Promise<void> => command('SCRIPT', 'FLUSH')
    return {
      begin() {
        flushing = setInterval(() => void flush(), 100)
        return flush()
      },
      end() {
        clearInterval(flushing)
        return Promise.resolve()
      },
    }
  }),

  readOnlyReplica: onOneRedis(0, (_service, command) => ({
    begin: () => command('REPLICAOF', '127.0.0.1', '1'),
    end: () => command('REPLICAOF', 'NO', 'ONE'),
  })),

  outOfMemory: onOneRedis(0, (_service, command) => ({
    async begin() {
      await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      await command('CONFIG', 'SET', 'maxmemory', '1')
    },
    end: () => command('CONFIG', 'SET', 'maxmemory', '0'),
  })),

  /** Nothing is mended: a replica takes over, and has what was replicated. */
  clusterLosesMaster: async (): Promise<RedisFault> => {
    const cluster = await startRedisCluster()
    return {
      redis: { cluster: cluster.urls },
      forgets: 1,
      begin: async () => (await cluster.masterOf('alfred:rl:{k:key 0}')).kill(),
      end: () => Promise.resolve(),
      stop: () => cluster.stop(),
    }
  },
} as const

export type RedisFaultName = keyof typeof redisFaults
