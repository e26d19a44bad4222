import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findExecutable } from '../processes/find-executable.ts'
import { startOwnService } from './own-service.ts'
import { externalService, type Service } from './service.ts'

/** A Redis or Valkey server; `url` is `redis://127.0.0.1:<port>`. */
export type RedisService = Service

/** How to start a Redis. */
export interface StartRedisOptions {
  /** More arguments of the server, such as `['--maxmemory', '10mb']`. @default [] */
  readonly args?: readonly string[] | undefined
  /** The port to listen on. @default a free one */
  readonly port?: number | undefined
}

/**
 * Starts an empty Redis of the test's own on a free port of 127.0.0.1, without persistence, and waits
 * until it answers PING. It never outlives the process that started it.
 *
 * Takes `redis-server` or `valkey-server` from PATH. Only where neither exists is the server of
 * `REDIS_URL` used: all tests share it then, and its `kill`, `pause`, `resume` and `restart` throw.
 *
 * @throws Error when there is no server to start
 *
 * @example
 * const redis = await startRedis()
 * afterAll(() => redis.stop())
 */
export async function startRedis({ args = [], port }: StartRedisOptions = {}): Promise<RedisService> {
  const server = findExecutable('redis-server', 'valkey-server')
  if (!server) return externalRedis(args)
  const directory = await mkdtemp(join(tmpdir(), 'alfred-redis-'))
  const fixed = ['--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'no']
  return startOwnService({
    name: 'Redis',
    directory,
    port,
    command: (onPort) => [server, '--port', String(onPort), ...fixed, ...args],
    user: undefined,
    stopSignal: 'SIGKILL',
    url: (onPort) => `redis://127.0.0.1:${String(onPort)}`,
    answers: answersPing,
  })
}

function externalRedis(args: readonly string[]): RedisService {
  const url = process.env['REDIS_URL']
  const instead = 'put redis-server or valkey-server on PATH'
  if (!url) throw new Error(`there is no Redis to start: ${instead} (node scripts/ensure-services.ts)`)
  if (args.length > 0) throw new Error(`the server of REDIS_URL cannot be given arguments: ${instead}`)
  return externalService(url, { variable: 'REDIS_URL', instead, stop: () => Promise.resolve() })
}

/** A server that asks for a password is up, too. */
export async function answersPing(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    socket.setTimeout(1_000, () => socket.destroy(new Error('no answer to PING')))
    socket.write('PING\r\n')
    const [reply] = (await once(socket, 'data')) as [Buffer]
    return /^(\+PONG|-NOAUTH)/.test(reply.toString('latin1'))
  } finally {
    socket.destroy()
  }
}
