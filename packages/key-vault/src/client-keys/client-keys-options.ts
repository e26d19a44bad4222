import {
  coversProtected,
  exemptPathsRule,
  type MemberRule,
  observed,
  option,
  type Options,
  type PathMatch,
  protectedPathsRule,
  readOptions,
  type Resolved,
  trustProxyRule,
} from '@alfred/core'
import type { AuditLog } from '../audit/audit-log.ts'
import type { KeyEncryptionKeyProvider } from '../key-encryption/key-encryption-key.ts'
import { keyEncryptionKeyRule } from '../key-encryption/key-encryption-key-rule.ts'
import type { ClientKeyStore } from './stores/client-key-store.ts'
import type { InvalidKeyLimit } from './failure-limiter.ts'

const defaultRequired = '/api'

/** An empty list asks nobody for a key: those that are given on `optional` paths are read all the same. */
const requiredRule = option.custom<PathMatch>((value, report) =>
  Array.isArray(value) && value.length === 0 ? [] : protectedPathsRule(value, report),
)

const invalidLimitRule: MemberRule<InvalidKeyLimit, InvalidKeyLimit, 'required'> = option.object({
  limit: option.integer({ min: 1, max: 1_000_000 }),
  windowMs: option.integer({ min: 1000, max: 86_400_000 }),
})

const clientKeysRule = option
  .object({
    /** Where the keys are. */
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
    /** What encrypts the pepper, a secret in the store without which hashes cannot be computed. */
    keyEncryptionKey: option.custom<KeyEncryptionKeyProvider>(keyEncryptionKeyRule),
    /**
     * Told of every change before it is made and after it; nothing is changed while it cannot be written. With it a record that was
     * put back to an earlier one is noticed, after a restart too.
     */
    audit: option.withMethods<AuditLog>('record', 'countDone').optional(),
    /**
     * The paths that nobody uses without a key, or without an identity that was established before, and all below them. An
     * empty list requires none; then `optional` names the paths where one is read.
     * @default '/api'
     */
    required: requiredRule.default(defaultRequired),
    /**
     * The paths, also below `required`, where a key may be given and need not be; a wrong one is refused here too. `/api/*` takes
     * what is below `/api`. It must leave something of `required`.
     * @default none
     */
    optional: exemptPathsRule.optional(),
    /** Begins every key. @default 'alf' */
    prefix: option
      .string({
        pattern: /^[a-z][a-z0-9]{1,11}$/,
        hint: 'a lower-case letter and 1 to 11 more letters and digits',
      })
      .default('alf'),
    /** What this deployment is; keys made for the other kind are refused. @default 'live' */
    environment: option.oneOf('live', 'test').default('live'),
    /** The name of what is protected, in `WWW-Authenticate`. @default 'api' */
    realm: option
      .string({ pattern: /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/, hint: 'ASCII without quotes' })
      .default('api'),
    /**
     * How often to ask the store for changes. A revocation is effective on every instance after this time at the
     * latest, as long as the store answers; with a store that notifies, mostly at once.
     * @default 5000
     */
    pollMs: option.integer({ min: 100, max: 3_600_000 }).default(5000),
    /** Longest wait for the store. @default 1000 */
    deadlineMs: option.integer({ min: 10, max: 60_000 }).default(1000),
    /**
     * How long known keys are accepted after the store's last answer. Unknown ones are answered 503 meanwhile.
     * @default 300000
     */
    outageGraceMs: option.integer({ min: 0, max: 86_400_000 }).default(300_000),
    /** How many keys, existing or not, are remembered. @default 10000 */
    maxCachedKeys: option.integer({ min: 2, max: 1_000_000 }).default(10_000),
    /** How often times of last use are written. @default 60000 */
    lastUsedFlushMs: option.integer({ min: 1000, max: 86_400_000 }).default(60_000),
    /**
     * How many invalid keys an address may present before it is answered 429 without a look-up. Known valid keys
     * pass all the same. @default 30 a minute
     */
    invalidLimit: option.custom<InvalidKeyLimit>(invalidLimitRule).default({ limit: 30, windowMs: 60_000 }),
    /** Which peers may say on whose behalf they ask. @default false */
    trustProxy: trustProxyRule.default(false),
    /** Receives `client-key.*`: changes, refusals and outages of the store. */
    events: observed.events,
    /** @default silent */
    logger: observed.logger,
    /** @default the machine's time */
    clock: observed.clock,
  })
  .check(({ required, optional }, report) => {
    if (required.length === 0 && optional === undefined) {
      report
        .at('required')
        .add('ALFRED_CONFIG_CONFLICT', 'must name a path, unless optional does: no key is ever read.')
    }
    if (!coversProtected(optional, required)) return
    report
      .at('optional')
      .add(
        'ALFRED_CONFIG_CONFLICT',
        'must not take all of required: no key is ever asked for. Name the paths that need none; where nobody needs a key, give required: [].',
      )
  })

/** Options of `createClientKeys`. */
export interface ClientKeysOptions extends Options<typeof clientKeysRule> {}

/** The options with everything decided. */
export type ResolvedClientKeysOptions = Resolved<typeof clientKeysRule>

/** Checks the options and fills in the defaults. */
export const resolveClientKeysOptions = (options: ClientKeysOptions): ResolvedClientKeysOptions =>
  readOptions('clientKeys', options, clientKeysRule)

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
