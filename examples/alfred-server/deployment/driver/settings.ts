import type { EdgeSite } from './edge/edge-files.ts'

/** How long each step may take, ms. */
export interface Deadlines {
  readonly fetchMs: number
  readonly backupMs: number
  readonly migrateMs: number
  readonly edgeMs: number
  /** How long requests may take to end after the edge sends no more. Then the app's own drain ends them. */
  readonly drainMs: number
  readonly replaceMs: number
  readonly readyMs: number
  readonly smokeMs: number
}

/** Everything that differs between two machines. */
export interface DeploySettings {
  readonly environment: string
  readonly backend: 'compose' | 'process'
  /** The folder with the lock, the state, the audit log and the edge. */
  readonly stateFolder: string
  readonly hooksFolder: string | undefined
  readonly site: EdgeSite
  readonly deadlines: Deadlines
  /** How long requests on idle connections may still reach a slot: longer than `keepalive_min_timeout`. */
  readonly quietMs: number
  /** How long a new slot must stay ready before it gets requests. */
  readonly settleMs: number
  /** How many releases the clean-up keeps. */
  readonly kept: number
  /** Names the file with the address that notifications are posted to. */
  readonly webhookFile: string | undefined
  /** The image without its tag, for compose. */
  readonly image: string
  readonly composeFile: string | undefined
  readonly envFile: string | undefined
  /** For process: where the releases are, the ports of the slots, and nginx. */
  readonly releasesFolder: string
  readonly slotPorts: readonly [number, number]
  readonly nginxProgram: string
  readonly nginxPrefix: string
  readonly metricsTokenFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const seconds = 1000

/**
 * Reads the settings of one environment.
 *
 * @throws Error naming every variable that cannot be used
 */
export function readDeploySettings(values: Environment, environment: string): DeploySettings {
  const problems: string[] = []
  const text = (name: string): string | undefined => values[name]?.trim() || undefined
  const words = (name: string, fallback: string): readonly string[] =>
    (text(name) ?? fallback).split(/[\s,]+/).filter(Boolean)
  const whole = (name: string, fallback: number, max: number): number => {
    const value = text(name)
    if (value === undefined) return fallback
    const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN
    if (number >= 0 && number <= max) return number
    problems.push(`${name} must be a whole number from 0 to ${String(max)}`)
    return fallback
  }
  const longest = (name: string, fallback: number): number => whole(name, fallback, 86_400) * seconds
  const backend = text('ALFRED_BACKEND') ?? 'compose'
  if (backend !== 'compose' && backend !== 'process') {
    problems.push('ALFRED_BACKEND must be compose or process')
  }
  const stateFolder = text('ALFRED_STATE') ?? '/var/lib/alfred'
  if (!stateFolder.startsWith('/')) problems.push('ALFRED_STATE must begin with /')
  const names = words('ALFRED_PUBLIC_NAMES', '')
  if (names.length === 0) problems.push('ALFRED_PUBLIC_NAMES must name at least one host')
  const isCompose = backend !== 'process'
  const httpsPort = whole('ALFRED_HTTPS_PORT', 443, 65_535)
  const httpPort = whole('ALFRED_HTTP_PORT', 80, 65_535)
  // In a container the ports are always the same; Compose publishes them as the settings say.
  const listen = (port: number, inside: number): readonly string[] =>
    isCompose
      ? [String(inside), `[::]:${String(inside)}`]
      : [`${text('ALFRED_LISTEN') ?? '0.0.0.0'}:${String(port)}`]
  const statusPort = whole('ALFRED_STATUS_PORT', 8081, 65_535)
  const settings: DeploySettings = {
    environment,
    backend: isCompose ? 'compose' : 'process',
    stateFolder,
    hooksFolder: text('ALFRED_HOOKS'),
    site: {
      names,
      trustedProxies: words('ALFRED_TRUSTED_PROXIES', ''),
      listenHttps: listen(httpsPort, 443),
      listenHttp: listen(httpPort, 80),
      listenStatus: isCompose ? '8081' : `127.0.0.1:${String(statusPort)}`,
      publicHttpsPort: httpsPort,
      root: isCompose ? '/etc/alfred' : `${stateFolder}/edge`,
      accessLog: isCompose ? '/dev/stdout' : 'access.log',
      resolver: isCompose ? (text('ALFRED_RESOLVER') ?? '127.0.0.11') : undefined,
    },
    deadlines: {
      fetchMs: longest('ALFRED_FETCH_SECONDS', 600),
      backupMs: longest('ALFRED_BACKUP_SECONDS', 3600),
      migrateMs: longest('ALFRED_MIGRATE_SECONDS', 600),
      edgeMs: longest('ALFRED_EDGE_SECONDS', 30),
      drainMs: longest('ALFRED_DRAIN_SECONDS', 120),
      replaceMs: longest('ALFRED_REPLACE_SECONDS', 180),
      readyMs: longest('ALFRED_READY_SECONDS', 90),
      smokeMs: longest('ALFRED_SMOKE_SECONDS', 30),
    },
    quietMs: whole('ALFRED_QUIET_MS', 3500, 600_000),
    settleMs: whole('ALFRED_SETTLE_SECONDS', 12, 3600) * seconds,
    kept: Math.max(3, whole('ALFRED_KEEP_RELEASES', 3, 100)),
    webhookFile: text('ALFRED_DEPLOY_WEBHOOK_FILE'),
    image: text('ALFRED_IMAGE') ?? 'alfred-server',
    composeFile: text('ALFRED_COMPOSE_FILE'),
    envFile: text('ALFRED_ENV_FILE'),
    releasesFolder: text('ALFRED_RELEASES') ?? `${stateFolder}/releases`,
    slotPorts: [whole('ALFRED_SLOT_A_PORT', 3001, 65_535), whole('ALFRED_SLOT_B_PORT', 3002, 65_535)],
    nginxProgram: text('ALFRED_NGINX') ?? 'nginx',
    nginxPrefix: text('ALFRED_NGINX_PREFIX') ?? `${stateFolder}/nginx`,
    metricsTokenFile: text('METRICS_TOKEN_FILE'),
  }
  if (problems.length > 0) throw new Error(`The settings cannot be used: ${problems.join('; ')}.`)
  return settings
}
