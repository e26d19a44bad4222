import { parseArgs } from 'node:util'
import {
  type AuditLog,
  type ClientKey,
  type ClientKeys,
  createAuditLog,
  createClientKeys,
  type IssuedClientKey,
  type KeyEncryptionKeyProvider,
} from '@alfred/key-vault'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'
import { parseDuration } from './duration.ts'
import { formatTable } from './format-table.ts'
import { isoTime } from './iso-time.ts'
import { type ExitCode, runCommand } from './run-command.ts'
import {
  accessFlags,
  accessUsage,
  actorOf,
  openAuditStore,
  openClientKeyStore,
  readKeys,
  withConfigFile,
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
  accept-restore             accept the keys as they are after a backup was restored; needs --audit

${accessUsage}
  --prefix TEXT              begins every key; default alf
  --test                     keys of a test deployment, alf_test_…
  --audit PLACE              the vault whose audit trail notes the changes; its key is the same

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

const positionalsOf = {
  create: [],
  list: [],
  rotate: ['ID'],
  revoke: ['ID'],
  rewrap: [],
  'accept-restore': [],
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

/** Prints the key alone on stdout, so that it can go straight into a file; what there is to say goes to stderr. */
function tellIssued(
  { key, secret }: IssuedClientKey,
  said: string,
  values: Values,
  { stdout, stderr }: CommandEnvironment,
): void {
  if (values.json) {
    stdout.write(`${JSON.stringify({ ...key, secret: secret.reveal() })}\n`)
    return
  }
  stderr.write(`${said} It is shown this once.\n`)
  stdout.write(`${secret.reveal()}\n`)
}

/** What is wrong with the flags is said before anything is opened. @throws UsageError */
function checkFlags(action: Action, values: Values): void {
  if (action === 'create' && values.name === undefined) {
    throw new UsageError('create needs --name NAME: whose or what for the key is')
  }
  if (action === 'accept-restore' && values.audit === undefined) {
    throw new UsageError('accept-restore needs --audit PLACE: the trail that knows the keys newer')
  }
  for (const flag of ['expires-in', 'overlap'] as const) {
    const text = values[flag]
    if (text !== undefined) parseDuration(`--${flag}`, text)
  }
}

async function act(
  clientKeys: ClientKeys,
  action: Action,
  id: string,
  values: Values,
  environment: CommandEnvironment,
): Promise<void> {
  const { stdout } = environment
  const tell = (json: unknown, text: string): void => {
    stdout.write(values.json ? `${JSON.stringify(json)}\n` : text)
  }
  switch (action) {
    case 'create': {
      const lifetime = values['expires-in']
      const issued = await clientKeys.create({
        name: values.name ?? '',
        scopes: values.scope,
        tenant: values.tenant,
        expiresAt: lifetime === undefined ? undefined : Date.now() + parseDuration('--expires-in', lifetime),
      })
      tellIssued(issued, `Client key ${issued.key.id} is made.`, values, environment)
      return
    }
    case 'list': {
      const keys = await clientKeys.list()
      tell(keys, table(keys))
      return
    }
    case 'rotate': {
      const overlapMs = values.overlap === undefined ? undefined : parseDuration('--overlap', values.overlap)
      const issued = await clientKeys.rotate(id, { overlapMs })
      const ends = issued.key.overlapEndsAt
      const old = ends === undefined ? 'has ended' : `is valid until ${isoTime(ends)}`
      tellIssued(issued, `Client key ${id} has a new secret; the old one ${old}.`, values, environment)
      return
    }
    case 'revoke': {
      tell(await clientKeys.revoke(id), `Client key ${id} is revoked.\n`)
      return
    }
    case 'rewrap': {
      const rewrapped = await clientKeys.rewrap()
      tell(
        { rewrapped },
        rewrapped ? 'The pepper is encrypted with the new key.\n' : 'There was nothing to do.\n',
      )
      return
    }
    case 'accept-restore': {
      await clientKeys.acceptRestored()
      tell(
        { accepted: true },
        'The client keys are accepted as they are. Restart the processes that use them.\n',
      )
    }
  }
}

/** The audit trail that `--audit` names. */
async function openAudit(
  values: Values,
  keyEncryptionKey: KeyEncryptionKeyProvider,
): Promise<{ readonly audit: AuditLog; close(): Promise<void> } | undefined> {
  if (values.audit === undefined) return undefined
  const place = await openAuditStore(values.audit, values['store-name'])
  const audit = createAuditLog({ store: place.store, keyEncryptionKey, actor: actorOf(values) })
  return { audit, close: () => place.close() }
}

/**
 * `alfred-security client-keys`: the API keys of your clients.
 *
 * @returns the exit code
 */
export function runClientKeysCommand(
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<ExitCode> {
  return runCommand('client-keys', usage, environment, async () => {
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
    if (operands.length !== expected.length) {
      // What is too much may be a key, so it is not repeated.
      throw new UsageError(
        `${action} takes ${expected.join(' ') || 'no further arguments'}; ids are those of \`list\``,
      )
    }
    const keyEncryptionKey = readKeys(values, environment, { rewrap: action === 'rewrap' })
    checkFlags(action, values)
    const place = await openClientKeyStore(values, environment)
    const { store, shown } = place
    const audit = await openAudit(values, keyEncryptionKey)
    try {
      await store.ready()
      if (action !== 'create' && (await store.readPepper()) === undefined) {
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
        await act(clientKeys, action, operands[0] ?? '', values, environment)
      } finally {
        await clientKeys.close()
      }
      return 0
    } finally {
      await place.close()
      await audit?.close()
    }
  })
}
