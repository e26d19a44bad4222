import type { PostgresSettings } from '../src/settings/database-settings.ts'
import { readSettings } from '../src/settings/settings.ts'

/** The settings of the PostgreSQL at `url`, everything else as by default. */
export function postgresSettings(url: string): PostgresSettings {
  const { postgres } = readSettings({ DATABASE_URL: url })
  if (!postgres) throw new Error('the settings name no PostgreSQL')
  return postgres
}
