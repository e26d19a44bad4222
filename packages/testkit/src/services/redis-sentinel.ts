import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findExecutable } from '../processes/find-executable.ts'
import { startOwnService } from './own-service.ts'
import { answersPing, type RedisService, startRedis } from './redis-service.ts'

/** A master, a replica and a sentinel that puts one in the place of the other. */
export interface RedisSentinel extends AsyncDisposable {
  /** Where the sentinel is: `redis://127.0.0.1:<port>`. */
  readonly url: string
  /** The name of the master it watches. */
  readonly name: string
  readonly master: RedisService
  readonly replica: RedisService
  /** Ends all of them. */
  stop(): Promise<void>
}

/**
 * Starts a Redis with a replica and one sentinel over them, which replaces a master that is silent for a second.
 *
 * @throws Error when there is no Redis to start
 *
 * @example
 * const sentinel = await startRedisSentinel()
 * afterAll(() => sentinel.stop())
 */
export async function startRedisSentinel(): Promise<RedisSentinel> {
  const server = findExecutable('redis-server', 'valkey-server')
  if (!server) throw new Error('there is no Redis to start (node scripts/ensure-services.ts)')
  const name = 'alfred'
  const started: { stop(): Promise<void> }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.stop()))
  }
  try {
    const master = await startRedis()
    started.push(master)
    const replica = await startRedis({
      args: ['--replicaof', `127.0.0.1 ${String(master.port)}`, '--repl-diskless-sync-delay', '0'],
    })
    started.push(replica)
    const directory = await mkdtemp(join(tmpdir(), 'alfred-sentinel-'))
    const file = join(directory, 'sentinel.conf')
    await writeFile(
      file,
      [
        `sentinel monitor ${name} 127.0.0.1 ${String(master.port)} 1`,
        `sentinel down-after-milliseconds ${name} 1000`,
        `sentinel failover-timeout ${name} 3000`,
      ].join('\n'),
    )
    const sentinel = await startOwnService({
      name: 'Redis Sentinel',
      directory,
      port: undefined,
      command: (port) => [server, file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1'],
      user: undefined,
      stopSignal: 'SIGKILL',
      url: (port) => `redis://127.0.0.1:${String(port)}`,
      answers: answersPing,
    })
    started.push(sentinel)
    return { url: sentinel.url, name, master, replica, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}
