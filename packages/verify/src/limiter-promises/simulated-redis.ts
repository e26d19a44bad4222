import { createHash } from 'node:crypto'
import type { RedisClient } from '@alfred/core/redis'
import { Redis, type RedisOptions } from 'ioredis'

/** A real Redis whose scripts are told the time, and whose keys never expire by another clock. */
export interface SimulatedRedisOptions {
  /** The time of a key, in microseconds. */
  readonly nowUs: (key: string) => number
  /** Weakens the scripts, for a control that must be noticed. */
  readonly weaken?: ((source: string) => string) | undefined
}

const sha = (source: string): string => createHash('sha1').update(source).digest('hex')

/** @throws Error when a script takes the time elsewhere */
function toldTheTime(source: string): string {
  const simulated = source
    .replace(`call('TIME')`, `{ math.floor(KEYS[2] / 1000000), KEYS[2] % 1000000 }`)
    .replace(`, 'PX', ttl - ttl % 1 + 2)`, ')')
  if (simulated.includes('TIME') || simulated.includes(`'PX'`))
    throw new Error('a script takes the time elsewhere')
  return simulated
}

/**
 * A client for `createRedisStore({ client })`: the store opens its own connection by `duplicate`, and gets one whose
 * scripts are told the time.
 */
export const simulatedRedis = (url: string, simulation: SimulatedRedisOptions): RedisClient => ({
  duplicate: (settings: Omit<RedisOptions, 'replyMapping'>) =>
    tellTheTime(new Redis(url, settings), simulation),
  evalsha: () => undefined,
  disconnect: () => undefined,
})

function tellTheTime(client: Redis, { nowUs, weaken }: SimulatedRedisOptions): Redis {
  /** The scripts as they are sent, by the digest of the original. */
  const scripts = new Map<string, { readonly simulated: string; readonly digest: string }>()
  const call = client.callBuffer.bind(client)

  client.callBuffer = async (command: string, ...parameters: unknown[]): Promise<unknown> => {
    const [script = '', , key = '', ...args] = parameters.map(String)
    if (command === 'eval' && !scripts.has(sha(script))) {
      const simulated = toldTheTime(weaken?.(script) ?? script)
      scripts.set(sha(script), { simulated, digest: sha(simulated) })
    }
    const known = scripts.get(command === 'eval' ? sha(script) : script)
    if (!known) throw new Error('NOSCRIPT it is not known yet')
    const text = command === 'eval' ? known.simulated : known.digest
    return call(command, [text, '2', key, String(nowUs(key)), ...args])
  }
  return client
}
