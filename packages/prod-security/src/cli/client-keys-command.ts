import { parseArgs } from 'node:util'
import type { KeyEncryptionKeyProvider } from '@alfred/key-vault'
import { type AuditLog, createAuditLog } from '@alfred/key-vault/audit'
import {
  type ClientKey,
  type ClientKeys,
  createClientKeys,
  type IssuedClientKey,
} from '@alfred/key-vault/client-keys'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'
import { parseDuration } from './duration.ts'
import { formatTable } from './format-table.ts'
import { isoTime } from './iso-time.ts'
import { migrateFiles } from './migrate-files.ts'
import type { ExitCode } from './run-command.ts'
import { type Action, type ActionCall, runStoreCommand, type CommandOutput } from './store-command.ts'
import {
  accessFlags,
  accessUsage,
  actorOf,
  openAuditStore,
  openClientKeyStore,
  readFilePath,
  readKeys,
} from './vault-access.ts'

const usage = `Usage: alfred-security client-keys <action> [flags]

  create --name NAME         make a key; it is printed this once, alone on standard output
    --scope SCOPE            what it may do; may be given several times
    --tenant NAME            which of your customers it belongs to
    --expires-in DURATION    such as 90d; without it the key does not end
  list                       ids, names, scopes and when they were last used; no keys
  rotate ID                  make a new secret; printed this once
    --overlap DURATION       how long the old one stays valid; default 24h, 0 ends it at once
  revoke ID                  end a key for good
  rewrap                     encrypt the pepper with --new-key-file or --new-key-env
  migrate                    bring a file of an earlier version into the present format; stop its processes first
  accept-restore             accept the keys as they are after a backup was restored; needs --audit

${accessUsage}
  --prefix TEXT              begins every key; default alf
  --test                     keys of a test deployment, alf_test_…
  --audit STORE              the vault whose audit trail notes the changes; its key is the same

Exit code 0: done. 1: failed. 2: wrong usage.
`

const flags = {
  ...accessFlags,
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  tenant: { type: 'string' },
  'expires-in': { type: 'string' },
  overlap: { type: 'string' },
  prefix: { type: 'string' },
  test: { type: 'boolean' },
  audit: { type: 'string' },
  'new-key-file': { type: 'string' },
  'new-key-env': { type: 'string' },
} as const

const parse = (args: string[]) => parseArgs({ args, options: flags, allowPositionals: true })

type Call = ActionCall<ReturnType<typeof parse>['values']>
type Values = Call['values']

const table = (keys: readonly ClientKey[]): string =>
  keys.length === 0
    ? 'There are no client keys. Make one: alfred-security client-keys create --name NAME …\n'
    : formatTable(
        ['ID', 'STATUS', 'NAME', 'TENANT', 'SCOPES', 'EXPIRES', 'LAST USED'],
        keys.map(({ id, status, name, tenant, scopes, expiresAt, lastUsedAt }) => [
          id,
          status,
          name,
          tenant,
          scopes.join(' ') || '-',
          isoTime(expiresAt),
          isoTime(lastUsedAt),
        ]),
      )

/** The key stands alone on stdout, so that it can go straight into a file; what there is to say goes to stderr. */
const issued = ({ key, secret }: IssuedClientKey, said: string): CommandOutput => ({
  json: { ...key, secret: secret.reveal() },
  text: `${secret.reveal()}\n`,
  remark: `${said} It is shown this once.`,
})

/** A length of time that a flag gives. @throws UsageError */
function durationOf(values: Values, flag: 'expires-in' | 'overlap'): number | undefined {
  const text = values[flag]
  return text === undefined ? undefined : parseDuration(`--${flag}`, text)
}

/** The audit trail that `--audit` names. */
async function openAudit(
  values: Values,
  keyEncryptionKey: KeyEncryptionKeyProvider,
): Promise<{ readonly audit: AuditLog; close(): Promise<void> } | undefined> {
  if (values.audit === undefined) return undefined
  const opened = await openAuditStore(values.audit, values['store-name'])
  const audit = createAuditLog({ store: opened.store, keyEncryptionKey, actor: actorOf(values) })
  return { audit, close: () => opened.close() }
}

/** Uses the client keys that the flags name. @param mayBegin - whether there need not be any yet */
async function withClientKeys(
  { action, values, environment }: Call,
  mayBegin: boolean,
  use: (clientKeys: ClientKeys) => Promise<CommandOutput>,
): Promise<CommandOutput> {
  const keyEncryptionKey = readKeys(values, environment, { rewrap: action === 'rewrap' })
  const opened = await openClientKeyStore(values, environment)
  const { store, shown } = opened
  let audit: Awaited<ReturnType<typeof openAudit>>
  try {
    audit = await openAudit(values, keyEncryptionKey)
    await store.ready()
    if (!mayBegin && (await store.readPepper()) === undefined) {
      throw new CommandError(
        `There are no client keys in ${shown}. Make the first: alfred-security client-keys create --name NAME …`,
      )
    }
    const clientKeys = createClientKeys({
      store,
      keyEncryptionKey,
      audit: audit?.audit,
      prefix: values.prefix,
      environment: values.test ? 'test' : 'live',
      deadlineMs: 10_000,
    })
    try {
      await clientKeys.ready()
      return await use(clientKeys)
    } finally {
      await clientKeys.close()
    }
  } finally {
    await opened.close()
    await audit?.close()
  }
}

/** Makes an action of what is done with client keys that are there. */
const onKeys =
  (use: (clientKeys: ClientKeys, id: string) => Promise<CommandOutput>) =>
  (call: Call): Promise<CommandOutput> =>
    withClientKeys(call, false, (clientKeys) => use(clientKeys, call.operands[0] ?? ''))

// What is wrong with the flags is said before anything is opened.
const actions: Readonly<Record<string, Action<Values>>> = {
  create: {
    operands: [],
    run(call) {
      const { name, scope: scopes, tenant } = call.values
      if (name === undefined) throw new UsageError('create needs --name NAME: who or what the key is for')
      const lifetimeMs = durationOf(call.values, 'expires-in')
      return withClientKeys(call, true, async (clientKeys) => {
        const expiresAt = lifetimeMs === undefined ? undefined : Date.now() + lifetimeMs
        const made = await clientKeys.create({ name, scopes, tenant, expiresAt })
        return issued(made, `Client key ${made.key.id} is made.`)
      })
    },
  },
  list: {
    operands: [],
    run: onKeys(async (clientKeys) => {
      const keys = await clientKeys.list()
      return { json: keys, text: table(keys) }
    }),
  },
  rotate: {
    operands: ['ID'],
    run(call) {
      const overlapMs = durationOf(call.values, 'overlap')
      return withClientKeys(call, false, async (clientKeys) => {
        const [id = ''] = call.operands
        const made = await clientKeys.rotate(id, { overlapMs })
        const ends = made.key.overlapEndsAt
        const old = ends === undefined ? 'has ended' : `is valid until ${isoTime(ends)}`
        return issued(made, `Client key ${id} has a new secret; the old one ${old}.`)
      })
    },
  },
  revoke: {
    operands: ['ID'],
    run: onKeys(async (clientKeys, id) => ({
      json: await clientKeys.revoke(id),
      text: `Client key ${id} is revoked.\n`,
    })),
  },
  rewrap: {
    operands: [],
    run: onKeys(async (clientKeys) => {
      const rewrapped = await clientKeys.rewrap()
      const text = rewrapped ? 'The pepper is encrypted with the new key.\n' : 'There was nothing to do.\n'
      return { json: { rewrapped }, text }
    }),
  },
  migrate: {
    operands: [],
    run: ({ values, environment }) => migrateFiles({ clientKeys: readFilePath(values, environment) }),
  },
  'accept-restore': {
    operands: [],
    run(call) {
      if (call.values.audit === undefined) {
        throw new UsageError('accept-restore needs --audit STORE: the trail that has newer changes')
      }
      return withClientKeys(call, false, async (clientKeys) => {
        await clientKeys.acceptRestored()
        return {
          json: { accepted: true },
          text: 'The client keys are accepted as they are. Restart the processes that use them.\n',
        }
      })
    },
  },
}

/**
 * `alfred-security client-keys`: the API keys of your clients.
 *
 * @returns the exit code
 */
export const runClientKeysCommand = (
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<ExitCode> =>
  runStoreCommand(
    { name: 'client-keys', usage, parse, actions, operandHint: 'Ids are those of `list`' },
    args,
    environment,
  )
