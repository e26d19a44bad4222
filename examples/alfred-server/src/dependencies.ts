import type { HealthSnapshot } from '@alfred/health'
import type { Dependency } from './banner.ts'
import type { DataFolder } from './data-folder.ts'
import type { Database } from './database/database.ts'
import type { ProviderName } from './providers/chat-provider.ts'
import { keysAreShared } from './key-vault.ts'
import type { Settings } from './settings/settings.ts'

/** What the description is made of. */
export interface DependencySources {
  readonly settings: Settings
  readonly data: DataFolder
  readonly database: Pick<Database, 'kind' | 'description' | 'migrated'>
  readonly providers: readonly ProviderName[]
  readonly health: Pick<HealthSnapshot, 'checks'>
}

const goesOn = 'Alfred goes on trying, and /readyz answers 503 until it does'

/** Says what Alfred uses, what of it does not answer, and how to use something else. */
export function describeDependencies({
  settings,
  data,
  database,
  providers,
  health,
}: DependencySources): readonly Dependency[] {
  const redisIsDown = health.checks.some(
    ({ name, status }) => name === 'rate-limit-store' && status === 'fail',
  )
  const redis = settings.redisUrl === undefined ? undefined : URL.parse(settings.redisUrl)?.host
  const { clientApiKeys: mode, postgres } = settings
  const isOff = mode === 'off'
  const isDemo = providers.includes('demo')
  return [
    {
      name: 'database',
      uses: database.description,
      switchWith: database.kind === 'PGlite' ? 'DATABASE_URL or DB_HOST for PostgreSQL' : undefined,
      note: database.migrated ? undefined : `does not answer, or is not migrated; ${goesOn}`,
    },
    {
      name: 'rate limits',
      uses: redis === undefined ? 'in memory, of this process' : `Redis at ${redis}`,
      switchWith: redis === undefined ? 'REDIS_URL for Redis' : undefined,
      note: redisIsDown ? `does not answer; ${goesOn}` : undefined,
    },
    {
      name: 'key vault',
      uses: keysAreShared(settings)
        ? `encrypted, in ${database.description}`
        : `encrypted file ${data.vault}`,
      note: data.vaultKeyIsNew
        ? `its key was made just now: ${data.vaultKey}, mode 0600. Without it the vault cannot be read.`
        : undefined,
    },
    {
      name: 'client keys',
      uses: isOff
        ? 'off: nobody needs one'
        : `${mode}, in ${postgres === undefined ? data.clientKeys : database.description}`,
      switchWith: isOff ? 'CLIENT_API_KEYS to optional or required' : undefined,
      note: mode === 'required' ? 'a request needs one: curl -H "Authorization: Bearer $KEY" …' : undefined,
    },
    {
      name: 'answers',
      uses: isDemo ? 'demo, without any AI' : providers.join(', then '),
      switchWith: isDemo ? 'OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST' : undefined,
    },
  ]
}
