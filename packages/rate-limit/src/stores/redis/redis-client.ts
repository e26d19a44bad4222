import { createRequire } from 'node:module'
import type * as IORedis from 'ioredis'
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis'
import type { RedisTlsOptions, ResolvedRedisStoreOptions } from './redis-store-options.ts'

/** Loaded where a store is in Redis: importing ioredis takes longer than importing everything else here. */
const ioredis = (): typeof IORedis => createRequire(import.meta.url)('ioredis') as typeof IORedis

const maxReconnectDelayMs = 500

const reconnectDelayMs = (attempt: number): number =>
  Math.min(25 * 2 ** Math.min(attempt, 6), maxReconnectDelayMs)

/**
 * ioredis' own `commandTimeout` is not among them, for it sets a timer for every command. The reply timeout
 * of the socket bounds a command as well, together with the rejection of those a lost connection leaves.
 */
const boundedSettings = (timeoutMs: number) =>
  ({
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    lazyConnect: false,
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    retryStrategy: reconnectDelayMs,
  }) satisfies RedisOptions

/**
 * Connects again when a server says that it is a replica: after a failover the connection may still lead to the
 * former master. Once for all the commands that were under way, for ioredis would begin anew with each.
 */
function createReadOnlyWatch() {
  let isLeaving = false
  return {
    settings: {
      reconnectOnError(error: Error): boolean {
        if (isLeaving || !error.message.startsWith('READONLY')) return false
        isLeaving = true
        return true
      },
    },
    follow(client: Redis): Redis {
      client.on('connect', () => {
        isLeaving = false
      })
      return client
    },
  }
}

/**
 * Of a cluster, ioredis would send a command again when its connection was lost, though it may have been
 * counted: the delay of 0 switches that off. Redirections are answers of nodes that counted nothing.
 */
const boundedClusterSettings = <N extends object>(timeoutMs: number, nodeSettings: N) =>
  ({
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    lazyConnect: false,
    clusterRetryStrategy: reconnectDelayMs,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 4,
    slotsRefreshTimeout: timeoutMs,
    // Nothing else tells it of a new master while the old one does not answer.
    slotsRefreshInterval: 500,
    redisOptions: nodeSettings,
  }) satisfies Omit<ClusterOptions, 'redisOptions'> & { readonly redisOptions: N }

/** What a `redis://` URL says. */
function readUrl(url: string, defaultPort: number) {
  const { protocol, hostname, port, username, password } = new URL(url)
  return {
    address: { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) },
    credentials: {
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
    },
    isTls: protocol === 'rediss:',
  }
}

/** TLS that verifies, or none. */
function tlsSettings(isTls: boolean, options: RedisTlsOptions | undefined) {
  if (!isTls && !options) return {}
  const { ca, cert, key, servername } = options ?? {}
  const settings = {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(servername && { servername }),
  }
  return { tls: { ...settings, rejectUnauthorized: true } }
}

/** Opens a connection of the store's own; whether it is one or a cluster, it takes the same commands. */
export function openRedisClient({
  source,
  tls,
  protocol,
  timeoutMs,
}: ResolvedRedisStoreOptions): Redis | Cluster {
  const bounded = boundedSettings(timeoutMs)
  const nodeSettings = { ...bounded, ...(protocol && { protocol }) }
  const readOnly = createReadOnlyWatch()
  const settings = { ...nodeSettings, ...readOnly.settings }
  switch (source.kind) {
    case 'url':
      return readOnly.follow(
        new (ioredis().Redis)(source.url, {
          ...settings,
          ...tlsSettings(source.url.startsWith('rediss:'), tls),
        }),
      )
    case 'sentinel': {
      const { urls, name, username, password, db } = source.sentinel
      const sentinels = urls.map((url) => readUrl(url, 26_379))
      const encrypted = tlsSettings(
        sentinels.some(({ isTls }) => isTls),
        tls,
      )
      const asSentinel = sentinels[0]?.credentials ?? {}
      const client = new (ioredis().Redis)({
        ...settings,
        ...encrypted,
        ...('tls' in encrypted && { enableTLSForSentinelMode: true, sentinelTLS: encrypted.tls }),
        sentinels: sentinels.map(({ address }) => address),
        name,
        db: db ?? 0,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...('username' in asSentinel && { sentinelUsername: asSentinel.username }),
        ...('password' in asSentinel && { sentinelPassword: asSentinel.password }),
        sentinelRetryStrategy: reconnectDelayMs,
        sentinelCommandTimeout: timeoutMs,
      })
      return readOnly.follow(client)
    }
    case 'cluster': {
      const nodes = source.urls.map((url) => readUrl(url, 6379))
      const encrypted = tlsSettings(
        nodes.some(({ isTls }) => isTls),
        tls,
      )
      return new (ioredis().Cluster)(
        nodes.map(({ address }) => address),
        boundedClusterSettings(timeoutMs, { ...nodeSettings, ...encrypted, ...nodes[0]?.credentials }),
      )
    }
    case 'client':
      return isCluster(source.client)
        ? source.client.duplicate([], boundedClusterSettings(timeoutMs, bounded))
        : readOnly.follow(source.client.duplicate({ ...bounded, ...readOnly.settings }))
  }
}

/** Also of another installed copy of ioredis. */
export const isCluster = (client: Redis | Cluster): client is Cluster =>
  'nodes' in client && typeof client.nodes === 'function'
