import { BlockList, isIP } from 'node:net'
import { join } from 'node:path'
import { AlfredConfigError, type ConfigProblem } from '@alfred/core'
import type { BudgetLimits } from '../budget/budget.ts'
import { projectFolder } from '../project-folder.ts'
import { type AlertingSettings, alertingSettings } from './alerting-settings.ts'
import { type PostgresSettings, readDatabaseSettings } from './database-settings.ts'
import { type Environment, readVariables, type Report, setText, type Values } from './read-variables.ts'
import { releaseIdOf } from './release-id.ts'
import { findUnknownVariables } from './unknown-variables.ts'
import { type clientApiKeyModes, variables } from './variables.ts'
import { withPassword } from './with-password.ts'

/** Where a provider with an API key is reached. */
export interface KeyedProviderSettings {
  /** The first key; with an admin key the vault can make it. */
  readonly apiKey: string | undefined
  /** What the vault makes and ends keys with. */
  readonly adminKey: string | undefined
  /** OpenAI's project for the keys that are made. */
  readonly projectId: string | undefined
  readonly baseUrl: string | undefined
  readonly model: string
  /** The context window of the model, in tokens. */
  readonly contextTokens: number
}

/** Where Ollama is reached. */
export interface OllamaSettings {
  readonly host: string
  readonly model: string | undefined
  /** The window of the model that is asked for. */
  readonly contextTokens: number
}

/** Everything that differs between two Alfreds. */
export interface Settings {
  readonly host: string
  readonly port: number
  /** Where the embedded database, the vault and its key are kept. */
  readonly dataFolder: string
  /** Holds `security.production.json` and `monitoring.json`. */
  readonly configFolder: string
  /** The key that encrypts the vault, when it is not in the data folder. */
  readonly vaultKeyFile: string | undefined
  /** How long the server goes on after a stop signal, so that load balancers notice, in ms. */
  readonly drainDelayMs: number
  /** How late the event loop may be, on average, before requests are refused; 0 refuses none. */
  readonly maxEventLoopDelayMs: number
  /** Whether API clients need a key: nobody has one, or who has none is let in too, or nobody else is let in. */
  readonly clientApiKeys: ClientApiKeyMode
  /** What each owner may spend of the providers' tokens, and of money. */
  readonly budget: BudgetLimits
  /** Answers that one provider may be working on at a time. */
  readonly aiConcurrentAnswers: number
  /** After how many days without use a conversation is removed; 0 keeps all. */
  readonly retentionDays: number
  /** `undefined` for the embedded database. */
  readonly postgres: PostgresSettings | undefined
  /** Whether migrations are left to their own command. */
  readonly migratesByCommand: boolean
  readonly redisUrl: string | undefined
  readonly openai: KeyedProviderSettings | undefined
  readonly anthropic: KeyedProviderSettings | undefined
  readonly ollama: OllamaSettings | undefined
  readonly alerting: AlertingSettings
  /** The version that runs, as the build or the deployment says. */
  readonly releaseId: string | undefined
  /** `text` for people, `json` for log collectors. */
  readonly logFormat: 'text' | 'json'
  readonly logLevel: NonNullable<Values['LOG_LEVEL']>
  /** The variables that the hardening reads by itself, secrets from files included. */
  readonly hardening: Environment
}

/** What `CLIENT_API_KEYS` may say. */
export type ClientApiKeyMode = (typeof clientApiKeyModes)[number]

/**
 * Reads Alfred's settings.
 *
 * @throws `AlfredConfigError` naming every variable that cannot be used, and no values
 */
export function readSettings(environment: Environment): Settings {
  const problems: ConfigProblem[] = [...findUnknownVariables(environment)]
  const report: Report = (path, code, message) => {
    problems.push({ path, code, message })
  }
  const values = readVariables(environment, report)
  const settings = values && assembleSettings(values, environment, report)
  if (!settings || problems.length > 0) throw new AlfredConfigError(problems)
  return settings
}

function assembleSettings(values: Values, environment: Environment, report: Report): Settings {
  const isProduction = setText(environment, 'NODE_ENV') === 'production'
  const logFormat = values.LOG_FORMAT ?? (isProduction ? 'json' : 'text')
  const { REDIS_URL: redis, REDIS_PASSWORD: redisPassword } = values
  if (redis === undefined && redisPassword !== undefined) {
    report('REDIS_PASSWORD', 'ALFRED_CONFIG_CONFLICT', 'belongs to REDIS_URL, which is not set.')
  }
  const redisUrl = redis && withPassword(redis, redisPassword)
  const settings: Settings = {
    host: values.HOST,
    port: values.PORT,
    dataFolder: values.ALFRED_DATA_DIR,
    configFolder: values.ALFRED_CONFIG_DIR ?? join(projectFolder, 'config'),
    vaultKeyFile: values.VAULT_KEY_FILE,
    drainDelayMs: values.DRAIN_DELAY_MS,
    maxEventLoopDelayMs: values.MAX_EVENT_LOOP_DELAY_MS,
    clientApiKeys: values.CLIENT_API_KEYS,
    budget: budgetOf(values),
    aiConcurrentAnswers: values.AI_CONCURRENT_ANSWERS,
    retentionDays: values.RETENTION_DAYS,
    postgres: readDatabaseSettings(values, report),
    migratesByCommand: isProduction,
    redisUrl,
    ...providersOf(values),
    alerting: alertingSettings(values),
    releaseId: releaseIdOf(values.OTEL_RESOURCE_ATTRIBUTES),
    logFormat,
    logLevel: values.LOG_LEVEL ?? (logFormat === 'json' ? 'info' : 'warn'),
    hardening: hardeningOf(values, redisUrl, environment),
  }
  refuseOpenWallet(settings, values.ALLOW_ANONYMOUS, report)
  return settings
}

const microsPerCent = 10_000

const budgetOf = (values: Values): BudgetLimits => ({
  tokensPerDay: values.AI_TOKENS_PER_DAY,
  tokensPerMonth: values.AI_TOKENS_PER_MONTH || undefined,
  microsPerDay: values.AI_CENTS_PER_DAY * microsPerCent || undefined,
  microsPerMonth: values.AI_CENTS_PER_MONTH * microsPerCent || undefined,
})

function providersOf(values: Values): Pick<Settings, 'openai' | 'anthropic' | 'ollama'> {
  const keyed = (settings: KeyedProviderSettings): KeyedProviderSettings | undefined =>
    settings.apiKey === undefined && settings.adminKey === undefined ? undefined : settings
  return {
    openai: keyed({
      apiKey: values.OPENAI_API_KEY,
      adminKey: values.OPENAI_ADMIN_KEY,
      projectId: values.OPENAI_PROJECT_ID,
      baseUrl: values.OPENAI_BASE_URL,
      model: values.OPENAI_MODEL,
      contextTokens: values.OPENAI_CONTEXT_TOKENS,
    }),
    anthropic: keyed({
      apiKey: values.ANTHROPIC_API_KEY,
      adminKey: values.ANTHROPIC_ADMIN_KEY,
      projectId: undefined,
      baseUrl: values.ANTHROPIC_BASE_URL,
      model: values.ANTHROPIC_MODEL,
      contextTokens: values.ANTHROPIC_CONTEXT_TOKENS,
    }),
    ollama:
      values.OLLAMA_HOST === undefined
        ? undefined
        : {
            host: values.OLLAMA_HOST,
            model: values.OLLAMA_MODEL,
            contextTokens: values.OLLAMA_CONTEXT_TOKENS,
          },
  }
}

/** The environment for the hardening, which finds its own names in it, and slips of the pen. */
function hardeningOf(values: Values, redisUrl: string | undefined, environment: Environment): Environment {
  const names = [
    'ALLOW_ADDRESSES',
    'ALLOWED_HOSTS',
    'ALLOWED_ORIGINS',
    'DENY_ADDRESSES',
    'METRICS_TOKEN',
    'TRUST_PROXY',
  ] as const
  const others = Object.keys(environment).filter((name) => !(name.replace(/_FILE$/, '') in variables))
  return {
    ...Object.fromEntries(others.map((name) => [name, environment[name]])),
    ...Object.fromEntries(names.map((name) => [name, values[name]])),
    REDIS_URL: redisUrl,
  }
}

const thisMachine = new BlockList()
thisMachine.addSubnet('127.0.0.0', 8, 'ipv4')
thisMachine.addAddress('::1', 'ipv6')

const isReachedByOthers = (host: string): boolean =>
  host !== 'localhost' && !thisMachine.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')

/** Whoever finds the address could spend the owner's money. */
function refuseOpenWallet(
  { host, clientApiKeys, openai, anthropic }: Settings,
  isAllowed: boolean,
  report: Report,
): void {
  const isPaid = openai !== undefined || anthropic !== undefined
  if (isAllowed || !isPaid || clientApiKeys === 'required' || !isReachedByOthers(host)) return
  const ways = 'set it to required, or ALLOW_ANONYMOUS=1 if you mean it.'
  report(
    'CLIENT_API_KEYS',
    'ALFRED_CONFIG_UNSAFE',
    `is ${clientApiKeys}, HOST is reached by others, and a provider is paid: ${ways}`,
  )
}
