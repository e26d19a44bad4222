import { parseArgs } from 'node:util'
import { DeployError } from '../driver/deploy-error.ts'
import { timeOfId } from './manifest.ts'

export const usage = `Usage:
  backup [ENVIRONMENT]           saves the database, Redis and the secrets
  list [ENVIRONMENT]             the backups in the storage, and what is wrong with them
  fetch BACKUP FOLDER [ENVIRONMENT]  downloads, checks and decrypts a backup
  restore BACKUP [ENVIRONMENT]   restores the database
  verify [ENVIRONMENT]           restores the newest backup into a scratch server, and compares
BACKUP is the time of a backup, or latest.
Options:
  --replace            keeps a database with tables under another name, and takes its place
  --backup BACKUP      another one than the newest, of verify
  --settings FILE      another file than deployment/ENVIRONMENT.env`

const names = ['backup', 'list', 'fetch', 'restore', 'verify'] as const

/** What the command line asks for. */
export interface BackupCommand {
  readonly name: (typeof names)[number]
  /** The time of a backup, or `latest`. */
  readonly id: string
  /** Of `fetch`. */
  readonly folder: string
  readonly environment: string
  readonly replace: boolean
  readonly settingsFile: string | undefined
}

const refuse = (message: string): never => {
  throw new DeployError('refused', `${message}\n${usage}`)
}

/** @throws DeployError `refused` with the usage */
export function parseBackupCommand(args: readonly string[]): BackupCommand {
  const { values, positionals } = parse(args)
  const [first = '', ...rest] = positionals
  const name =
    names.find((candidate) => candidate === first) ?? refuse(`There is no command ${JSON.stringify(first)}.`)
  const needsBackup = name === 'fetch' || name === 'restore'
  const id = (needsBackup ? rest.shift() : values.backup) ?? (needsBackup ? '' : 'latest')
  if (id !== 'latest' && timeOfId(id) === undefined) {
    refuse(`${JSON.stringify(id)} is no backup: it is a time such as 20261201T031500Z, or latest.`)
  }
  const folder = name === 'fetch' ? (rest.shift() ?? refuse('fetch needs a folder.')) : ''
  const environment = rest.shift() ?? 'production'
  if (!/^[a-z][a-z0-9-]*$/.test(environment)) {
    refuse(`${JSON.stringify(environment)} is no name of an environment.`)
  }
  if (rest.length > 0) refuse(`${JSON.stringify(rest[0])} is too much.`)
  return { name, id, folder, environment, replace: values.replace ?? false, settingsFile: values.settings }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replace: { type: 'boolean' },
        backup: { type: 'string' },
        settings: { type: 'string' },
      },
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}
