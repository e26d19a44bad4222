import {
  type Clock,
  clockRule,
  coversProtected,
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type PathMatch,
  protectedPathsRule,
  readOptions,
  systemClock,
  type TrustProxy,
  trustProxyRule,
} from '@alfred/core'
import type { AuditLog } from '../audit/audit-log.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { keyEncryptionKeyRule } from '../key-encryption/key-encryption-key-rule.ts'
import type { ClientKeyStore } from './stores/client-key-store.ts'
import type { ClientKeyEnvironment } from './records/client-key-text.ts'
import type { InvalidKeyLimit } from './failure-limiter.ts'

/** Options of `createClientKeys`. */
export interface ClientKeysOptions {
  /** Where the keys are. */
  readonly store: ClientKeyStore
  /** What encrypts the pepper, a secret in the store without which hashes cannot be computed. */
  readonly keyEncryptionKey: KeyEncryptionKeyProvider
  /**
   * Told of every change before it is made and after it; nothing is changed while it cannot be written. With it a record that was
   * put back to an earlier one is noticed, after a restart too.
   */
  readonly audit?: AuditLog | undefined
  /**
   * The paths that nobody uses without a key, or without an identity that was established before, and all below them. An
   * empty list requires none; then `optional` names the paths where one is read.
   * @default '/api'
   */
  readonly required?: PathMatch | undefined
  /**
   * The paths, also below `required`, where a key may be given and need not be; a wrong one is refused here too. `/api/*` takes
   * what is below `/api`. It must leave something of `required`.
   * @default none
   */
  readonly optional?: PathMatch | undefined
  /** Begins every key. @default 'alf' */
  readonly prefix?: string | undefined
  /** What this deployment is; keys made for the other kind are refused. @default 'live' */
  readonly environment?: ClientKeyEnvironment | undefined
  /** The name of what is protected, in `WWW-Authenticate`. @default 'api' */
  readonly realm?: string | undefined
  /**
   * How often to ask the store for changes. A revocation is effective on every instance after this time at the
   * latest, as long as the store answers; with a store that notifies, mostly at once.
   * @default 5000
   */
  readonly pollMs?: number | undefined
  /** Longest wait for the store. @default 1000 */
  readonly deadlineMs?: number | undefined
  /**
   * How long known keys are accepted after the store's last answer. Unknown ones are answered 503 meanwhile.
   * @default 300000
   */
  readonly outageGraceMs?: number | undefined
  /** How many keys, existing or not, are remembered. @default 10000 */
  readonly maxCachedKeys?: number | undefined
  /** How often times of last use are written. @default 60000 */
  readonly lastUsedFlushMs?: number | undefined
  /**
   * How many invalid keys an address may present before it is answered 429 without a look-up. Known valid keys
   * pass all the same. @default 30 a minute
   */
  readonly invalidLimit?: InvalidKeyLimit | undefined
  /** Which peers may say on whose behalf they ask. @default false */
  readonly trustProxy?: TrustProxy | undefined
  readonly events?: EventBus | undefined
  /** @default silent */
  readonly logger?: Logger | undefined
  /** @default the machine's time */
  readonly clock?: Clock | undefined
}

const defaultRequired = '/api'

type Decided = 'audit' | 'events' | 'optional'

/** The options with everything decided. */
export type ResolvedClientKeysOptions = {
  readonly [K in keyof Required<ClientKeysOptions>]: K extends Decided
    ? ClientKeysOptions[K]
    : Exclude<ClientKeysOptions[K], undefined>
}

/** An empty list asks nobody for a key: those that are given on `optional` paths are read all the same. */
const requiredRule: OptionRule<PathMatch> = (value, report) =>
  Array.isArray(value) && value.length === 0 ? [] : protectedPathsRule(value, report)

const membersRule = option.objectOf<ClientKeysOptions>(
  {
    store: option.withMethods<ClientKeyStore>(
      'find',
      'list',
      'write',
      'touch',
      'changes',
      'readPepper',
      'replacePepper',
      'watch',
    ),
    keyEncryptionKey: keyEncryptionKeyRule,
    audit: option.withMethods<AuditLog>('record', 'countDone'),
    required: requiredRule,
    optional: exemptPathsRule,
    prefix: option.string({
      pattern: /^[a-z][a-z0-9]{1,11}$/,
      hint: 'a lower-case letter and 1 to 11 more letters and digits',
    }),
    environment: option.oneOf('live', 'test'),
    realm: option.string({ pattern: /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/, hint: 'ASCII without quotes' }),
    pollMs: option.integer({ min: 100, max: 3_600_000 }),
    deadlineMs: option.integer({ min: 10, max: 60_000 }),
    outageGraceMs: option.integer({ min: 0, max: 86_400_000 }),
    maxCachedKeys: option.integer({ min: 2, max: 1_000_000 }),
    lastUsedFlushMs: option.integer({ min: 1000, max: 86_400_000 }),
    invalidLimit: option.objectOf<InvalidKeyLimit>(
      {
        limit: option.integer({ min: 1, max: 1_000_000 }),
        windowMs: option.integer({ min: 1000, max: 86_400_000 }),
      },
      { required: ['limit', 'windowMs'] },
    ),
    trustProxy: trustProxyRule,
    events: eventBusRule,
    logger: loggerRule,
    clock: clockRule,
  },
  { required: ['store', 'keyEncryptionKey'] },
)

const optionsRule: OptionRule<ClientKeysOptions> = (value, report) => {
  const read = membersRule(value, report)
  if (read?.required?.length === 0 && read.optional === undefined) {
    report
      .at('required')
      .add('ALFRED_CONFIG_CONFLICT', 'must name a path, unless optional does: no key is ever read.')
  }
  if (read && coversProtected(read.optional, read.required ?? defaultRequired)) {
    report
      .at('optional')
      .add(
        'ALFRED_CONFIG_CONFLICT',
        'must not take all of required: no key is ever asked for. Name the paths that need none; where nobody needs a key, give required: [].',
      )
  }
  return read
}

/** Checks the options and fills in the defaults. */
export function resolveClientKeysOptions(options: ClientKeysOptions): ResolvedClientKeysOptions {
  const checked = readOptions('clientKeys', options, optionsRule)
  return Object.freeze({
    store: checked.store,
    keyEncryptionKey: checked.keyEncryptionKey,
    audit: checked.audit,
    required: checked.required ?? defaultRequired,
    optional: checked.optional,
    prefix: checked.prefix ?? 'alf',
    environment: checked.environment ?? 'live',
    realm: checked.realm ?? 'api',
    pollMs: checked.pollMs ?? 5000,
    deadlineMs: checked.deadlineMs ?? 1000,
    outageGraceMs: checked.outageGraceMs ?? 300_000,
    maxCachedKeys: checked.maxCachedKeys ?? 10_000,
    lastUsedFlushMs: checked.lastUsedFlushMs ?? 60_000,
    invalidLimit: checked.invalidLimit ?? { limit: 30, windowMs: 60_000 },
    trustProxy: checked.trustProxy ?? false,
    events: checked.events,
    logger: checked.logger ?? noopLogger,
    clock: checked.clock ?? systemClock,
  })
}

/** Who makes a change, for the audit trail. */
export interface ChangedBy {
  /** Such as `admin:ada`. @default the audit log's own actor */
  readonly actor?: string | undefined
}

/** What to make a client key with. */
export interface NewClientKey {
  /** Whose or what for it is; up to 200 characters, without control characters. */
  readonly name: string
  /** What it may do, such as `chat:write`. @default nothing that asks for a scope */
  readonly scopes?: readonly string[] | undefined
  /** Which of your customers it belongs to. @default 'default' */
  readonly tenant?: string | undefined
  /** When it ends, ms since the epoch. @default never */
  readonly expiresAt?: number | undefined
}

/** A scope: a part of what RFC 6749 section 3.3 allows, so that it needs no quoting anywhere. */
export const scopeRule = option.string({
  pattern: /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,63}$/,
  hint: 'letters, digits and : . _ / -, 64 at most',
})

/** What a key is made with, everything decided. */
export interface CheckedClientKey {
  readonly name: string
  readonly scopes: readonly string[]
  readonly tenant: string
  readonly expiresAt: number | null
}

/** Checks what a key is to be made with. @throws `AlfredConfigError` */
export function checkNewClientKey(newKey: NewClientKey, now: number): CheckedClientKey {
  const rule = option.objectOf<NewClientKey>(
    {
      name: option.string({ pattern: /^[^\p{Cc}]{1,200}$/u, hint: 'up to 200 characters on one line' }),
      scopes: option.list(scopeRule),
      tenant: option.string({
        pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
        hint: 'letters, digits, dots, underscores and hyphens, 64 at most',
      }),
      expiresAt: option.integer({ min: now + 1, max: 8_640_000_000_000_000 }),
    },
    { required: ['name'] },
  )
  const { name, scopes = [], tenant = 'default', expiresAt = null } = readOptions('clientKey', newKey, rule)
  return { name, scopes: [...new Set(scopes)], tenant, expiresAt }
}

const overlapRule = option.integer({ min: 0, max: 365 * 86_400_000 })

/** Checks an overlap, in ms. @throws `AlfredConfigError` */
export const checkOverlap = (overlapMs: number): number =>
  readOptions('clientKey.overlapMs', overlapMs, overlapRule)
