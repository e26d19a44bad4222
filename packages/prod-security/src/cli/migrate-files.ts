import { type MigrateTextFilesOptions, migrateTextFiles } from '@alfred/key-vault'
import type { CommandOutput } from './store-command.ts'

/** Brings files of an earlier version into the present format. */
// eslint-disable-next-line @typescript-eslint/require-await -- a throw is a rejection
export async function migrateFiles(options: MigrateTextFilesOptions): Promise<CommandOutput> {
  const migrated = migrateTextFiles(options)
  const lines = migrated.map((path) => `${path} is migrated. What was there is in ${path}.text-format.\n`)
  return { json: { migrated }, text: lines.join('') || 'There was nothing to do.\n' }
}
