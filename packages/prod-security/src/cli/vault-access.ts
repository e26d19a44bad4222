import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import {
  createFileVaultStore,
  createPostgresVaultStore,
  createRedisVaultStore,
  type KeyEncryptionKeyProvider,
  keyEncryptionKeyFromBase64,
  keyEncryptionKeyFromFile,
  type VaultStore,
  withPreviousKeys,
} from '@alfred/key-vault'
import {
  type ClientKeyStore,
  createFileClientKeyStore,
  createPostgresClientKeyStore,
  createRedisClientKeyStore,
} from '@alfred/key-vault/client-keys'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'

/** The flags that say where keys are and what encrypts them. */
export const accessFlags = {
  config: { type: 'string' },
  store: { type: 'string' },
  'store-env': { type: 'string' },
  'store-name': { type: 'string' },
  'key-file': { type: 'string' },
  'key-env': { type: 'string' },
  actor: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** How those flags are explained. */
export const accessUsage = `  --store STORE       a file, redis://… or postgres://…
  --store-env NAME    the environment variable that holds STORE, when it has a password
  --store-name NAME   which of several in one Redis or PostgreSQL; default "default"
  --key-file FILE     the key-encryption key: 32 bytes in base64, of mode 0600
  --key-env NAME      the environment variable that holds it
  --config FILE       a JSON file with the flags above, as {"store": "…", "key-file": "…"}
  --actor NAME        who does it, for the audit trail; default cli:<user>
  --json              print JSON`

/** The values of those flags. */
export type AccessValues = Readonly<
  Partial<Record<Exclude<keyof typeof accessFlags, 'json' | 'help'>, string | undefined>>
>

const configurable = ['store', 'store-env', 'store-name', 'key-file', 'key-env', 'actor'] as const

/** Adds what the file of `--config` says; flags win. */
export function withConfigFile<V extends AccessValues>(values: V): V {
  if (values.config === undefined) return values
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(values.config, 'utf8'))
  } catch {
    throw new UsageError(`--config: ${values.config} cannot be read as JSON`)
  }
  const options = typeof parsed === 'object' && parsed !== null ? parsed : {}
  for (const [name, value] of Object.entries(options)) {
    if (!configurable.some((known) => known === name) || typeof value !== 'string') {
      throw new UsageError(`--config: "${name}" must be one of ${configurable.join(', ')}, and a text`)
    }
  }
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
  const isGiven = (name: string): boolean => Object.hasOwn(set, name)
  const fromFile = Object.fromEntries(
    Object.entries(options).filter(([name]) => {
      // One way to say a thing replaces the other.
      if (name.startsWith('store') && name !== 'store-name') return !isGiven('store') && !isGiven('store-env')
      return name.startsWith('key') ? !isGiven('key-file') && !isGiven('key-env') : true
    }),
  )
  return { ...values, ...fromFile, ...set }
}

const fromEnvironment = ({ env }: CommandEnvironment, flag: string, name: string): string => {
  const value = env[name]
  if (value) return value
  throw new UsageError(`${flag}: the environment variable ${name} is not set`)
}

/** A place, and whether it names a server. */
interface StoreTarget {
  readonly text: string
  readonly kind: 'file' | 'redis' | 'postgres'
}

function targetOf(text: string): StoreTarget {
  if (/^rediss?:\/\//.test(text)) return { text, kind: 'redis' }
  if (/^postgres(ql)?:\/\//.test(text)) return { text, kind: 'postgres' }
  if (text.includes('://')) throw new UsageError('--store must be a file, redis://… or postgres://…')
  return { text: resolve(text), kind: 'file' }
}

function readTarget(values: AccessValues, environment: CommandEnvironment): StoreTarget {
  const variable = values['store-env']
  if (values.store !== undefined && variable !== undefined) {
    throw new UsageError('give --store or --store-env, not both')
  }
  if (variable !== undefined) return targetOf(fromEnvironment(environment, '--store-env', variable))
  if (values.store === undefined) throw new UsageError('say where the keys are: --store STORE')
  return targetOf(values.store)
}

/** The file that the flags name. @throws UsageError when they name a server */
export function readFilePath(values: AccessValues, environment: CommandEnvironment): string {
  const { kind, text } = readTarget(values, environment)
  if (kind === 'file') return text
  throw new UsageError('this works on files only. Dump or restore a database with its own tools')
}

/** What a command has open, and how to let go of it. */
export interface Opened<T> {
  readonly store: T
  /** How to name it in messages: never with a password. */
  readonly shown: string
  close(): Promise<void>
}

const poolSettings = { max: 2, connectionTimeoutMillis: 5000 } as const

async function openPool(connectionString: string) {
  try {
    const { default: pg } = await import('pg')
    const pool = new pg.Pool({ connectionString, ...poolSettings })
    // Told of by the query that fails.
    pool.on('error', () => undefined)
    return pool
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new CommandError('PostgreSQL needs the package pg. Run: npm install pg')
    }
    throw error
  }
}

interface Makers<T> {
  file(path: string): T
  redis(url: string, name: string | undefined): T
  postgres(pool: Awaited<ReturnType<typeof openPool>>, name: string | undefined): T
}

async function openTarget<T extends { close(): Promise<void> }>(
  target: StoreTarget,
  name: string | undefined,
  makers: Makers<T>,
): Promise<Opened<T>> {
  const opened = (store: T, shown: string, alsoClose?: () => Promise<void>): Opened<T> => ({
    store,
    shown,
    async close() {
      await store.close()
      await alsoClose?.()
    },
  })
  if (target.kind === 'file') return opened(makers.file(target.text), target.text)
  const { host } = new URL(target.text)
  if (target.kind === 'redis') return opened(makers.redis(target.text, name), `Redis at ${host}`)
  const pool = await openPool(target.text)
  return opened(makers.postgres(pool, name), `PostgreSQL at ${host}`, () => pool.end())
}

const vaultMakers: Makers<VaultStore> = {
  file: (path) => createFileVaultStore({ path }),
  redis: (url, name) => createRedisVaultStore({ url, name }),
  postgres: (pool, name) => createPostgresVaultStore({ pool, name }),
}

const clientKeyMakers: Makers<ClientKeyStore> = {
  file: (path) => createFileClientKeyStore({ path }),
  redis: (url, name) => createRedisClientKeyStore({ url, name }),
  postgres: (pool, name) => createPostgresClientKeyStore({ pool, name }),
}

/** Opens the store of provider keys that the flags name. @throws UsageError */
export const openVaultStore = (
  values: AccessValues,
  environment: CommandEnvironment,
): Promise<Opened<VaultStore>> =>
  openTarget(readTarget(values, environment), values['store-name'], vaultMakers)

/** Opens another vault store, whose audit trail is to be used. @throws UsageError */
export const openAuditStore = (target: string, name: string | undefined): Promise<Opened<VaultStore>> =>
  openTarget(targetOf(target), name, vaultMakers)

/** Opens the store of client keys that the flags name. @throws UsageError */
export const openClientKeyStore = (
  values: AccessValues,
  environment: CommandEnvironment,
): Promise<Opened<ClientKeyStore>> =>
  openTarget(readTarget(values, environment), values['store-name'], clientKeyMakers)

/**
 * Reads a key-encryption key.
 *
 * @param flag - the beginning of the flags that name it, `--key` or `--new-key`
 * @throws UsageError
 */
function readKeyEncryptionKey(
  flag: string,
  { file, variable }: { readonly file: string | undefined; readonly variable: string | undefined },
  environment: CommandEnvironment,
): KeyEncryptionKeyProvider {
  if ((file === undefined) === (variable === undefined)) {
    throw new UsageError(
      `give the key-encryption key by ${flag}-file FILE or ${flag}-env NAME. A new one: openssl rand -base64 32`,
    )
  }
  if (file !== undefined) return keyEncryptionKeyFromFile(file)
  return keyEncryptionKeyFromBase64(fromEnvironment(environment, `${flag}-env`, variable ?? '').trim())
}

/** The flags that name key-encryption keys. */
export interface KeyValues {
  readonly 'key-file'?: string | undefined
  readonly 'key-env'?: string | undefined
  readonly 'new-key-file'?: string | undefined
  readonly 'new-key-env'?: string | undefined
}

/**
 * Reads the key-encryption key that the flags name; to re-wrap, the new one, which opens what the other has encrypted.
 *
 * @throws UsageError
 */
export function readKeys(
  values: KeyValues,
  environment: CommandEnvironment,
  { rewrap = false }: { readonly rewrap?: boolean } = {},
): KeyEncryptionKeyProvider {
  const current = readKeyEncryptionKey(
    '--key',
    { file: values['key-file'], variable: values['key-env'] },
    environment,
  )
  if (!rewrap) return current
  const next = readKeyEncryptionKey(
    '--new-key',
    { file: values['new-key-file'], variable: values['new-key-env'] },
    environment,
  )
  return withPreviousKeys(next, current)
}

/** Who the audit trail is to name. */
export const actorOf = ({ actor }: AccessValues): string => actor ?? `cli:${userInfo().username}`
