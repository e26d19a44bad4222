import type * as IORedis from 'ioredis'
import type { Cluster, ClusterOptions, Redis, RedisOptions } from 'ioredis'
import type { RedisSentinelOptions, RedisTlsOptions, ResolvedRedisConnection } from './redis-options.ts'

const maxReconnectDelayMs = 500

const reconnectDelayMs = (attempt: number): number =>
  Math.min(25 * 2 ** Math.min(attempt, 6), maxReconnectDelayMs)

/** Opens a client; whether it is of one server or of a cluster, it takes the same commands. */
export function openRedisClient(
  { source, tls, protocol, timeoutMs }: ResolvedRedisConnection,
  library: typeof IORedis,
): Redis | Cluster {
  const bounded = boundedSettings(timeoutMs)
  const settings = { ...bounded, ...(protocol && { protocol }) }
  const readOnly = createReadOnlyWatch()
  const following = { ...settings, ...readOnly.settings }
  switch (source.kind) {
    case 'url': {
      const encrypted = tlsSettings(source.url.startsWith('rediss:'), tls)
      return readOnly.follow(new library.Redis(source.url, { ...following, ...encrypted }))
    }
    case 'sentinel':
      return readOnly.follow(
        new library.Redis({ ...following, ...sentinelSettings(source.sentinel, tls, timeoutMs) }),
      )
    case 'cluster': {
      const nodes = source.urls.map((url) => readUrl(url, 6379))
      const encrypted = tlsSettings(nodes.some(isEncrypted), tls)
      return new library.Cluster(
        nodes.map(({ address }) => address),
        boundedClusterSettings(timeoutMs, { ...settings, ...encrypted, ...nodes[0]?.credentials }),
      )
    }
    case 'client': {
      const client = source.client as Redis | Cluster
      return isCluster(client)
        ? client.duplicate([], boundedClusterSettings(timeoutMs, bounded))
        : readOnly.follow(client.duplicate(following))
    }
  }
}

function sentinelSettings(
  { urls, name, username, password, db = 0 }: RedisSentinelOptions,
  tls: RedisTlsOptions | undefined,
  timeoutMs: number,
) {
  const sentinels = urls.map((url) => readUrl(url, 26_379))
  const encrypted = tlsSettings(sentinels.some(isEncrypted), tls)
  const own = sentinels[0]?.credentials ?? {}
  return {
    ...encrypted,
    ...('tls' in encrypted && { enableTLSForSentinelMode: true, sentinelTLS: encrypted.tls }),
    sentinels: sentinels.map(({ address }) => address),
    name,
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...('username' in own && { sentinelUsername: own.username }),
    ...('password' in own && { sentinelPassword: own.password }),
    sentinelRetryStrategy: reconnectDelayMs,
    sentinelCommandTimeout: timeoutMs,
  } satisfies RedisOptions
}

/** Also of another installed copy of ioredis. */
export const isCluster = (client: Redis | Cluster): client is Cluster =>
  'nodes' in client && typeof client.nodes === 'function'

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
    // Of a lent client: a script's 1 must not become a text.
    stringNumbers: false,
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
    // It asks any node, and takes one that is being connected to for a failure of the cluster: with many nodes
    // it hardly ever succeeds. A connection waits for its masters instead.
    enableReadyCheck: false,
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

const isEncrypted = ({ isTls }: { readonly isTls: boolean }): boolean => isTls

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
