import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findExecutable } from '../processes/find-executable.ts'
import { freePort } from '../network/free-port.ts'
import { type RedisService, startRedis } from './redis-service.ts'
import { waitFor } from '../time/wait-for.ts'

/** A Redis Cluster of the test's own. */
export interface RedisCluster extends AsyncDisposable {
  /** One `redis://` URL for each node. */
  readonly urls: readonly string[]
  readonly nodes: readonly RedisService[]
  /** The node that is the master of a key's slot, as the cluster sees it now. */
  masterOf(key: string): Promise<RedisService>
  /** Ends all nodes. */
  stop(): Promise<void>
}

/** How to start a cluster. */
export interface StartRedisClusterOptions {
  /** @default 3 */
  readonly masters?: number | undefined
  /** Replicas of each master. @default 1 */
  readonly replicas?: number | undefined
  /** After how long a silent node counts as failing. @default 1000 */
  readonly nodeTimeoutMs?: number | undefined
}

const run = promisify(execFile)

/**
 * Starts a Redis Cluster on free ports of 127.0.0.1 and waits until it serves all slots. Its nodes never outlive
 * the process that started them.
 *
 * @throws Error when there is no Redis to start
 *
 * @example
 * const cluster = await startRedisCluster()
 * afterAll(() => cluster.stop())
 */
export async function startRedisCluster({
  masters = 3,
  replicas = 1,
  nodeTimeoutMs = 1000,
}: StartRedisClusterOptions = {}): Promise<RedisCluster> {
  const cli = findExecutable('redis-cli', 'valkey-cli')
  if (!cli) throw new Error('there is no redis-cli to build a cluster with (node scripts/ensure-services.ts)')
  const args = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    String(nodeTimeoutMs),
    // A replica takes over however long it was cut off: there is nothing to lose here.
    '--cluster-replica-validity-factor',
    '0',
    '--repl-diskless-sync-delay',
    '0',
  ]
  const nodes: RedisService[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  const ask = async (node: RedisService, ...command: string[]): Promise<string> =>
    (await run(cli, ['-h', '127.0.0.1', '-p', String(node.port), ...command])).stdout

  const masterOf = async (key: string): Promise<RedisService> => {
    const alive = nodes.find(({ pid }) => pid !== undefined)
    if (!alive) throw new Error('no node of the cluster runs')
    const slot = (await ask(alive, 'CLUSTER', 'KEYSLOT', key)).trim()
    // One line a node: id, ip:port@bus, flags, …, slots.
    for (const line of (await ask(alive, 'CLUSTER', 'NODES')).split('\n')) {
      const [, address = '', flags = '', , , , , , ...ranges] = line.split(' ')
      const holds = ranges.some((range) => {
        const [first = NaN, last = first] = range.split('-').map(Number)
        return Number(slot) >= first && Number(slot) <= last
      })
      const port = Number(/:(\d+)@/.exec(address)?.[1])
      const node = nodes.find((each) => each.port === port)
      if (holds && flags.includes('master') && !flags.includes('fail') && node) return node
    }
    throw new Error('no master holds the slot')
  }

  try {
    for (let made = 0; made < masters * (1 + replicas); made++) {
      nodes.push(await startRedis({ args, port: await freePort() }))
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${String(port)}`)
    await run(cli, [
      '--cluster',
      'create',
      ...addresses,
      '--cluster-replicas',
      String(replicas),
      '--cluster-yes',
    ])
    await waitFor(
      async () => {
        const states = await Promise.all(nodes.map((node) => ask(node, 'CLUSTER', 'INFO')))
        const roles = await Promise.all(nodes.map((node) => ask(node, 'INFO', 'replication')))
        const linked = roles.filter((role) => role.includes('master_link_status:up')).length
        return states.every((state) => state.includes('cluster_state:ok')) && linked === masters * replicas
      },
      { timeoutMs: 30_000, what: 'the cluster' },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { urls: nodes.map(({ url }) => url), nodes, masterOf, stop, [Symbol.asyncDispose]: stop }
}
