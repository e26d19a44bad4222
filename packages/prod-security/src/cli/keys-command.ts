import { parseArgs } from 'node:util'
import { acceptRestoredVault, createKeyVault, type KeyVault, type VaultStore } from '@alfred/key-vault'
import { backup, restore } from './backup-commands.ts'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'
import { parseDuration } from './duration.ts'
import { formatTable } from './format-table.ts'
import { isoTime } from './iso-time.ts'
import { tellOfAudit } from './keys-audit.ts'
import { migrateFiles } from './migrate-files.ts'
import { readSecret } from './read-secret.ts'
import type { ExitCode } from './run-command.ts'
import { type Action, type ActionCall, runStoreCommand, type CommandOutput } from './store-command.ts'
import { accessFlags, accessUsage, actorOf, openVaultStore, readFilePath, readKeys } from './vault-access.ts'

const usage = `Usage: alfred-security keys <action> [flags]

  list                       providers, versions and stages; no keys
  add PROVIDER               store the key on standard input and make it current
  stage PROVIDER             store the key on standard input as pending
  rotate PROVIDER            make the newest pending version current, the current one previous
  rollback PROVIDER          make the newest previous version current again
    --remote-id ID           of add and stage: the provider's id of the key, by which it is revoked there
  revoke PROVIDER VERSION    end a version; --force ends a current one
    --confirmed              it was revoked at the provider already
  replace PROVIDER VERSION   a key has leaked: wait for a running server to make another, then end it
    --deadline TIME          end it after so long in any case; default 5m
  rewrap                     encrypt everything with --new-key-file or --new-key-env; may be run again
  accept-restore             accept the vault as it is after a backup was restored; noted in the audit trail
  backup FOLDER              copy the files of the vault into a new folder, while they are in use
    --client-keys FILE       the client keys as well
  restore FOLDER             put such a folder in place; the audit trail goes on
    --client-keys FILE       the client keys as well
    --head FILE              where the trail ended, as --export-head wrote it
    --accept-older           also when the trail knows newer keys: those that were revoked since are valid again
  migrate                    bring files of an earlier version into the present format; stop their processes first
    --client-keys FILE       the file of client keys as well; --force when a process ended without a trace
  audit                      show the audit trail, the newest entries last
    --limit N                how many; default 50
    --verify                 check it instead, against --head FILE if given
    --export-head FILE       write where it ends, for a later --verify --head FILE

${accessUsage}

Keys are read from standard input only. Exit code 0: done. 1: failed. 2: wrong usage. 3: the audit trail is not intact.
4: revocation due: the provider is not known to refuse the key.
`

const flags = {
  ...accessFlags,
  force: { type: 'boolean' },
  confirmed: { type: 'boolean' },
  deadline: { type: 'string' },
  'remote-id': { type: 'string' },
  'new-key-file': { type: 'string' },
  'new-key-env': { type: 'string' },
  limit: { type: 'string' },
  verify: { type: 'boolean' },
  head: { type: 'string' },
  'export-head': { type: 'string' },
  'client-keys': { type: 'string' },
  'accept-older': { type: 'boolean' },
} as const

const parse = (args: string[]) => parseArgs({ args, options: flags, allowPositionals: true })

type Call = ActionCall<ReturnType<typeof parse>['values']>

function readVersion(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new UsageError('VERSION must be a number, as `keys list` shows it')
}

const columns = ['PROVIDER', 'VERSION', 'STAGE', 'SINCE', 'NAME', 'ID', 'EXPIRES', 'LAST ERROR'] as const

function describe(vault: KeyVault): CommandOutput {
  const report = vault.report()
  const rows = Object.entries(report).flatMap(([provider, { versions }]) =>
    versions.map(({ version, stage, since, keyName, remoteId, expiresAt, lastErrorCode }) => [
      provider,
      String(version),
      stage,
      isoTime(since),
      keyName ?? '-',
      remoteId ?? '-',
      expiresAt === undefined ? '-' : isoTime(expiresAt),
      lastErrorCode ?? '-',
    ]),
  )
  const text =
    rows.length === 0
      ? 'The vault is empty. Add a key: printf %s "$KEY" | alfred-security keys add PROVIDER …\n'
      : formatTable(columns, rows)
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

/** Uses the store that the flags name. @param mayBegin - whether a vault need not be there yet */
async function withStore(
  { values, environment }: Call,
  mayBegin: boolean,
  use: (store: VaultStore) => Promise<CommandOutput>,
): Promise<CommandOutput> {
  const opened = await openVaultStore(values, environment)
  const { store, shown } = opened
  try {
    await store.ready()
    // A vault without keys may still have a trail: changes of client keys are noted in it as well.
    const isThere = async (): Promise<boolean> =>
      (await store.read()).revision > 0 || (await store.readAudit(0, 0)).length > 0
    if (!mayBegin && !(await isThere())) {
      throw new CommandError(
        `There is no vault in ${shown}. Begin one: printf %s "$KEY" | alfred-security keys add PROVIDER …`,
      )
    }
    return await use(store)
  } finally {
    await opened.close()
  }
}

/** Makes an action of what is done with an opened vault. */
const onVault =
  (
    use: (vault: KeyVault, operands: readonly string[], call: Call) => CommandOutput | Promise<CommandOutput>,
    { mayBegin = false, rewrap = false } = {},
  ) =>
  (call: Call): Promise<CommandOutput> =>
    withStore(call, mayBegin, async (store) => {
      const keyEncryptionKey = readKeys(call.values, call.environment, { rewrap })
      const vault = createKeyVault({ store, keyEncryptionKey, rotate: false, actor: actorOf(call.values) })
      try {
        await vault.ready()
        return await use(vault, call.operands, call)
      } finally {
        await vault.close()
      }
    })

const isNow = (provider: string, version: number, stage: string, text: string): CommandOutput => ({
  json: { provider, version, stage },
  text: `${provider} version ${String(version)} is ${text}\n`,
})

const stage = async (
  vault: KeyVault,
  provider: string,
  { action, environment, values }: Call,
): Promise<number> =>
  vault.stage(provider, await readSecret(environment, `keys ${action} ${provider}`), {
    remoteId: values['remote-id'],
  })

async function revoke(
  vault: KeyVault,
  provider: string,
  version: number,
  { values }: Call,
): Promise<CommandOutput> {
  const { force, confirmed } = values
  const stage = await vault.revoke(provider, version, { force, confirmed })
  const output = isNow(provider, version, stage, `${stage}.`)
  return stage === 'revoked' ? output : { ...output, ...stillDue(provider, version) }
}

async function replace(
  vault: KeyVault,
  provider: string,
  version: number,
  { values: { deadline = '5m' } }: Call,
): Promise<CommandOutput> {
  const deadlineMs = parseDuration('--deadline', deadline)
  const { stage, current } = await vault.replace(provider, version, { deadlineMs })
  const successor =
    current === undefined ? 'No version is current.' : `Version ${String(current)} is current.`
  const output: CommandOutput = {
    json: { provider, version, stage, current },
    text: `${provider} version ${String(version)} is ${stage}. ${successor}\n`,
  }
  return stage === 'revoked' ? output : { ...output, ...stillDue(provider, version) }
}

function stillDue(provider: string, version: number): Pick<CommandOutput, 'remark' | 'exitCode'> {
  const remark = `A running server that rotates ${provider} revokes it and confirms that. Without one, revoke it at the provider, then run: alfred-security keys revoke ${provider} ${String(version)} --confirmed …`
  return { remark, exitCode: 4 }
}

const migrateVault = ({ values, environment }: Call): Promise<CommandOutput> =>
  migrateFiles({
    vault: readFilePath(values, environment),
    clientKeys: values['client-keys'],
    force: values.force,
  })

const actions: Readonly<Record<string, Action<Call['values']>>> = {
  list: { operands: [], run: onVault(describe) },
  add: {
    operands: ['PROVIDER'],
    run: onVault(
      async (vault, [provider = ''], call) => {
        const version = await stage(vault, provider, call)
        await vault.promote(provider, version)
        return isNow(provider, version, 'current', 'current.')
      },
      { mayBegin: true },
    ),
  },
  stage: {
    operands: ['PROVIDER'],
    run: onVault(
      async (vault, [provider = ''], call) =>
        isNow(provider, await stage(vault, provider, call), 'pending', 'pending.'),
      { mayBegin: true },
    ),
  },
  rotate: {
    operands: ['PROVIDER'],
    run: onVault(async (vault, [provider = '']) => {
      const version = newestPending(vault, provider)
      await vault.promote(provider, version)
      const next = 'current; the one before is previous. Revoke it once nobody uses it.'
      return isNow(provider, version, 'current', next)
    }),
  },
  rollback: {
    operands: ['PROVIDER'],
    run: onVault(async (vault, [provider = '']) =>
      isNow(provider, await vault.rollback(provider), 'current', 'current again.'),
    ),
  },
  revoke: {
    operands: ['PROVIDER', 'VERSION'],
    run: onVault((vault, [provider = '', text = ''], call) =>
      revoke(vault, provider, readVersion(text), call),
    ),
  },
  replace: {
    operands: ['PROVIDER', 'VERSION'],
    run: onVault((vault, [provider = '', text = ''], call) =>
      replace(vault, provider, readVersion(text), call),
    ),
  },
  rewrap: {
    operands: [],
    run: onVault(
      async (vault) => {
        const rewrapped = await vault.rewrap()
        return {
          json: { rewrapped },
          text: `${String(rewrapped)} records are encrypted with the new key. Give that key to every instance, then keep the old one with the backups that need it.\n`,
        }
      },
      { rewrap: true },
    ),
  },
  'accept-restore': {
    operands: [],
    run: (call) =>
      withStore(call, false, async (store) => {
        const { values, environment } = call
        const keyEncryptionKey = readKeys(values, environment)
        const revision = await acceptRestoredVault({ store, keyEncryptionKey, actor: actorOf(values) })
        return {
          json: { revision },
          text: `The vault is accepted as it is, at revision ${String(revision)}. Restart the processes that use it.\n`,
        }
      }),
  },
  backup: { operands: ['FOLDER'], run: backup },
  restore: { operands: ['FOLDER'], run: restore },
  migrate: { operands: [], run: migrateVault },
  audit: {
    operands: [],
    run: (call) =>
      withStore(call, false, (store) =>
        tellOfAudit(store, readKeys(call.values, call.environment), call.values),
      ),
  },
}

/**
 * `alfred-security keys`: the provider keys of a vault.
 *
 * @returns the exit code
 */
export const runKeysCommand = (args: readonly string[], environment: CommandEnvironment): Promise<ExitCode> =>
  runStoreCommand(
    { name: 'keys', usage, parse, actions, operandHint: 'A key is given on standard input' },
    args,
    environment,
  )
