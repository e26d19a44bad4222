import { join } from 'node:path'
import type { BackupCommand } from './cli.ts'
import type { DatabaseAccess } from './database-access.ts'

/** Everything about backups that differs between two machines. */
export interface BackupSettings {
  readonly stateFolder: string
  readonly secretsFolder: string
  readonly storage: {
    readonly url: URL
    readonly region: string
    /** Holds `ACCESS_KEY:SECRET_KEY`. */
    readonly credentialsFile: string
  }
  readonly age: string
  /** The keys that a backup is encrypted to. */
  readonly recipientsFile: string
  /** The key that opens a backup: never on the machine that makes them. */
  readonly identityFile: string | undefined
  /** Read with the role that may only read. */
  readonly source: DatabaseAccess
  /** Written with the role that owns the server. */
  readonly target: DatabaseAccess
  /** Where a backup is tried. */
  readonly scratch: DatabaseAccess
  /** Writes the RDB file of Redis to stdout; `undefined` for none. */
  readonly redisDump: readonly string[] | undefined
  /** Run with a restored database. */
  readonly smoke: string | undefined
  /** How long a whole run may take, ms. */
  readonly deadlineMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const owner = 'postgres://alfred@127.0.0.1/alfred'

const inPostgres = ['exec', '-T', 'postgres'] as const
const inScratch = ['--profile', 'restore-verify', 'exec', '-T', 'postgres-scratch'] as const

/**
 * @param compose - the command that reaches the services of the installation
 * @param command - what the settings are for
 */
export function readBackupSettings(
  values: Environment,
  compose: readonly string[],
  command: BackupCommand['name'],
): BackupSettings {
  const problems: string[] = []
  const text = (name: string): string | undefined => values[name]?.trim() || undefined
  const isCompose = text('ALFRED_BACKEND') !== 'process'
  const secretsFolder = text('ALFRED_SECRETS') ?? '/etc/alfred/secrets'

  const access = (name: string, role: string, ...service: readonly string[]): DatabaseAccess => {
    const url = text(name) ?? role
    if (hasPassword(url)) problems.push(`${name} must have no password: use PGPASSFILE`)
    const refused = refusedParameters.filter((parameter) => hasParameter(url, parameter))
    if (refused.length > 0) problems.push(`${name} must have no parameter ${refused.join(', ')}`)
    return { prefix: isCompose ? [...compose, ...service] : [], url }
  }
  const seconds = text('ALFRED_BACKUP_SECONDS') ?? '3600'
  if (!/^[1-9]\d{0,4}$/.test(seconds)) problems.push('ALFRED_BACKUP_SECONDS must be whole seconds')
  const url = text('ALFRED_BACKUP_STORAGE')
  if (url === undefined || !URL.canParse(url)) {
    problems.push('ALFRED_BACKUP_STORAGE must be https://ENDPOINT/BUCKET/PREFIX')
  }
  // The default is the server of production: in Compose alone the scratch server is another one.
  const needsScratch = command === 'verify' && !isCompose
  if (needsScratch && text('ALFRED_SCRATCH_DATABASE') === undefined) {
    problems.push('ALFRED_SCRATCH_DATABASE must name a server that backups may be tried on')
  }
  const settings: BackupSettings = {
    stateFolder: text('ALFRED_STATE') ?? '/var/lib/alfred',
    secretsFolder,
    storage: {
      url: new URL(url !== undefined && URL.canParse(url) ? url : 'https://invalid/'),
      region: text('ALFRED_BACKUP_STORAGE_REGION') ?? 'us-east-1',
      credentialsFile:
        text('ALFRED_BACKUP_STORAGE_CREDENTIALS_FILE') ?? join(secretsFolder, 'backup_storage_credentials'),
    },
    age: text('ALFRED_AGE') ?? 'age',
    recipientsFile: text('ALFRED_BACKUP_RECIPIENTS_FILE') ?? join(secretsFolder, 'backup_recipients'),
    identityFile: text('ALFRED_BACKUP_IDENTITY_FILE'),
    source: access('ALFRED_BACKUP_DATABASE', 'postgres://alfred_backup@127.0.0.1/alfred', ...inPostgres),
    target: access('ALFRED_RESTORE_DATABASE', owner, ...inPostgres),
    scratch: access('ALFRED_SCRATCH_DATABASE', owner, ...inScratch),
    redisDump: readRedisDump(text('ALFRED_BACKUP_REDIS'), isCompose ? compose : undefined),
    smoke: text('ALFRED_RESTORE_SMOKE'),
    deadlineMs: Number(seconds) * 1000,
  }
  if (problems.length > 0) throw new Error(`The settings cannot be used: ${problems.join('; ')}.`)
  return settings
}

/** A command line shows a secret to everyone, and `dbname` or `service` would win over the path of the URL. */
const refusedParameters = ['password', 'sslpassword', 'passfile', 'dbname', 'service'] as const

const hasParameter = (url: string, parameter: string): boolean =>
  URL.canParse(url) && new URL(url).searchParams.has(parameter)

const hasPassword = (url: string): boolean => !URL.canParse(url) || new URL(url).password !== ''

/** The password is read where the program runs, so that no list of processes shows it. */
const inContainer =
  'REDISCLI_AUTH="$(cat /run/secrets/redis_backup_password)" exec redis-cli --no-auth-warning --user backup --rdb -'

/** @param port - of a Redis on this machine, instead of that in the compose file; `off` for none */
function readRedisDump(
  port: string | undefined,
  compose: readonly string[] | undefined,
): readonly string[] | undefined {
  if (port === 'off') return undefined
  if (port !== undefined) return ['redis-cli', '-p', port, '--rdb', '-']
  return compose && [...compose, 'exec', '-T', 'redis', 'sh', '-c', inContainer]
}
