import { parseArgs } from 'node:util'
import {
  acceptRestoredVault,
  type AuditHead,
  createAuditLog,
  createKeyVault,
  type KeyVault,
  type VaultStore,
} from '@alfred/key-vault'
import { readAuditHead, writeAuditHead } from './audit-head.ts'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'
import { readSecret } from './read-secret.ts'
import { type ExitCode, runCommand } from './run-command.ts'
import { formatTable } from './format-table.ts'
import { isoTime } from './iso-time.ts'
import {
  accessFlags,
  accessUsage,
  actorOf,
  openVaultStore,
  readKeys,
  withConfigFile,
} from './vault-access.ts'

const usage = `Usage: alfred-security keys <action> [flags]

  list                       providers, versions and stages; no keys
  add PROVIDER               store the key on standard input and make it current
  stage PROVIDER             store the key on standard input as pending
  rotate PROVIDER            make the newest pending version current, the current one previous
  rollback PROVIDER          make the newest previous version current again
  revoke PROVIDER VERSION    end a version; --force ends a current one
  rewrap                     encrypt everything with --new-key-file or --new-key-env; may be run again
  accept-restore             accept the vault as it is after a backup was restored; noted in the audit trail
  audit                      show the audit trail, the newest entries last
    --limit N                how many; default 50
    --verify                 check it instead, against --head FILE if given
    --export-head FILE       write where it ends, for a later --verify --head FILE

${accessUsage}

Keys are read from standard input only. Exit code 0: done. 1: failed. 2: wrong usage. 3: the audit trail is not intact.
`

const flags = {
  ...accessFlags,
  force: { type: 'boolean' },
  'new-key-file': { type: 'string' },
  'new-key-env': { type: 'string' },
  limit: { type: 'string' },
  verify: { type: 'boolean' },
  head: { type: 'string' },
  'export-head': { type: 'string' },
} as const

const positionalsOf = {
  list: [],
  add: ['PROVIDER'],
  stage: ['PROVIDER'],
  rotate: ['PROVIDER'],
  rollback: ['PROVIDER'],
  revoke: ['PROVIDER', 'VERSION'],
  rewrap: [],
  'accept-restore': [],
  audit: [],
} as const satisfies Record<string, readonly string[]>

type Action = keyof typeof positionalsOf

const isAction = (text: string | undefined): text is Action =>
  text !== undefined && Object.hasOwn(positionalsOf, text)

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments')
  }
}

type Values = ReturnType<typeof parse>['values']

function readVersion(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError('VERSION must be a number, as `keys list` shows it')
}

function describeVault(vault: KeyVault): { readonly json: unknown; readonly text: string } {
  const report = vault.report()
  const rows = Object.entries(report).flatMap(([provider, { versions }]) =>
    versions.map(({ version, stage, since }) => [provider, String(version), stage, isoTime(since)]),
  )
  const text =
    rows.length === 0
      ? 'The vault is empty. Add a key: printf %s "$KEY" | alfred-security keys add PROVIDER …\n'
      : formatTable(['PROVIDER', 'VERSION', 'STAGE', 'SINCE'], rows)
  return { json: report, text }
}

const newestPending = (vault: KeyVault, provider: string): number => {
  const versions = vault.report()[provider]?.versions ?? []
  const pending = versions.filter(({ stage }) => stage === 'pending').map(({ version }) => version)
  if (pending.length > 0) return Math.max(...pending)
  throw new CommandError(
    `${provider} has no pending version. Stage one first: printf %s "$KEY" | alfred-security keys stage ${provider} …`,
  )
}

interface Told {
  readonly json: unknown
  readonly text: string
  readonly exitCode?: ExitCode | undefined
}

/** What each action on an opened vault does, and what to tell of it. */
async function change(
  vault: KeyVault,
  action: Exclude<Action, 'accept-restore' | 'audit' | 'list'>,
  [provider = '', version = '']: readonly string[],
  values: Values,
  environment: CommandEnvironment,
): Promise<Told> {
  switch (action) {
    case 'add':
    case 'stage': {
      const secret = await readSecret(environment, `keys ${action} ${provider}`)
      const staged = await vault.stage(provider, secret)
      if (action === 'add') await vault.promote(provider, staged)
      const stage = action === 'add' ? 'current' : 'pending'
      return {
        json: { provider, version: staged, stage },
        text: `${provider} version ${String(staged)} is ${stage}.\n`,
      }
    }
    case 'rotate': {
      const promoted = newestPending(vault, provider)
      await vault.promote(provider, promoted)
      return {
        json: { provider, version: promoted, stage: 'current' },
        text: `${provider} version ${String(promoted)} is current; the one before is previous. Revoke it once nobody uses it.\n`,
      }
    }
    case 'rollback': {
      const current = await vault.rollback(provider)
      return {
        json: { provider, version: current, stage: 'current' },
        text: `${provider} version ${String(current)} is current again.\n`,
      }
    }
    case 'revoke': {
      const ended = readVersion(version)
      await vault.revoke(provider, ended, { force: values.force === true })
      return {
        json: { provider, version: ended, stage: 'revoked' },
        text: `${provider} version ${String(ended)} is revoked here. Revoke it at the provider as well.\n`,
      }
    }
    case 'rewrap': {
      const rewrapped = await vault.rewrap()
      return {
        json: { rewrapped },
        text: `${String(rewrapped)} records are encrypted with the new key. Give that key to every instance, then keep the old one with the backups that need it.\n`,
      }
    }
  }
}

async function acceptRestore(
  store: VaultStore,
  values: Values,
  environment: CommandEnvironment,
): Promise<Told> {
  const keyEncryptionKey = readKeys(values, environment)
  const revision = await acceptRestoredVault({ store, keyEncryptionKey, actor: actorOf(values) })
  return {
    json: { revision },
    text: `The vault is accepted as it is, at revision ${String(revision)}. Restart the processes that use it.\n`,
  }
}

async function audit(store: VaultStore, values: Values, environment: CommandEnvironment): Promise<Told> {
  const keyEncryptionKey = readKeys(values, environment)
  const log = createAuditLog({ store, keyEncryptionKey, actor: actorOf(values) })
  const expected: AuditHead | undefined = values.head === undefined ? undefined : readAuditHead(values.head)
  if (values.verify || values['export-head'] !== undefined) {
    const verification = await log.verify(expected)
    if (!verification.intact) {
      const { at, reason } = verification
      return {
        json: verification,
        text: `NOT INTACT: ${reason} at entry ${String(at)}.\n`,
        exitCode: 3,
      }
    }
    const { head } = verification
    if (values['export-head'] !== undefined) writeAuditHead(values['export-head'], head)
    const against = expected ? `, and holds all ${String(expected.length)} of the head` : ''
    return { json: verification, text: `intact: ${String(head.length)} entries${against}\n` }
  }
  const limit = Number(values.limit ?? '50')
  if (!Number.isInteger(limit) || limit < 1) throw new UsageError('--limit must be a whole number from 1')
  const { length } = await store.readAudit(0, 0)
  const entries = await log.read(Math.max(0, length - limit), limit)
  const rows = entries.map(({ sequence, at, actor, action, subject, outcome, code }) => [
    String(sequence),
    isoTime(at),
    actor,
    action,
    subject,
    code ?? outcome,
  ])
  return { json: entries, text: formatTable(['ENTRY', 'AT', 'BY', 'WHAT', 'OF', 'OUTCOME'], rows) }
}

/**
 * `alfred-security keys`: the provider keys of a vault.
 *
 * @returns the exit code
 */
export function runKeysCommand(args: readonly string[], environment: CommandEnvironment): Promise<ExitCode> {
  return runCommand('keys', usage, environment, async () => {
    const { values: given, positionals } = parse(args)
    if (given.help) {
      environment.stdout.write(usage)
      return 0
    }
    const values = withConfigFile(given)
    const [action, ...operands] = positionals
    if (!isAction(action))
      throw new UsageError(`the action must be one of ${Object.keys(positionalsOf).join(', ')}`)
    const expected = positionalsOf[action]
    if (operands.length > expected.length) {
      // What is too much may be a key, so it is not repeated.
      throw new UsageError(
        `${action} takes ${expected.join(' ') || 'nothing'} only. A key is given on standard input`,
      )
    }
    if (operands.length < expected.length) throw new UsageError(`${action} needs ${expected.join(' ')}`)

    const place = await openVaultStore(values, environment)
    const { store, shown } = place
    try {
      await store.ready()
      const begins = action === 'add' || action === 'stage'
      // A vault without keys may still have a trail: changes of client keys are noted in it as well.
      const isThere = async () =>
        (await store.read()).revision > 0 || (await store.readAudit(0, 0)).length > 0
      if (!begins && !(await isThere())) {
        throw new CommandError(
          `There is no vault in ${shown}. Begin one: printf %s "$KEY" | alfred-security keys add PROVIDER …`,
        )
      }
      const told =
        action === 'audit'
          ? await audit(store, values, environment)
          : action === 'accept-restore'
            ? await acceptRestore(store, values, environment)
            : await withVault(store, values, action, environment, (vault) =>
                action === 'list'
                  ? Promise.resolve(describeVault(vault))
                  : change(vault, action, operands, values, environment),
              )
      environment.stdout.write(values.json ? `${JSON.stringify(told.json)}\n` : told.text)
      return told.exitCode ?? 0
    } finally {
      await place.close()
    }
  })
}

async function withVault(
  store: VaultStore,
  values: Values,
  action: Action,
  environment: CommandEnvironment,
  use: (vault: KeyVault) => Promise<Told>,
): Promise<Told> {
  const keyEncryptionKey = readKeys(values, environment, { rewrap: action === 'rewrap' })
  const vault = createKeyVault({ store, keyEncryptionKey, rotate: false, actor: actorOf(values) })
  try {
    await vault.ready()
    return await use(vault)
  } finally {
    await vault.close()
  }
}
