import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { BudgetLimits } from './budget/budget.ts'
import { AlfredConfigError, type ConfigProblem } from '@alfred/core'
import { type AlertingSettings, readAlertingSettings } from './alerting-settings.ts'

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

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
  /** The window of the model. */
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
  readonly databaseUrl: string | undefined
  readonly redisUrl: string | undefined
  readonly openai: KeyedProviderSettings | undefined
  readonly anthropic: KeyedProviderSettings | undefined
  readonly ollama: OllamaSettings | undefined
  readonly alerting: AlertingSettings
  /** `text` for people, `json` for log collectors. */
  readonly logFormat: 'text' | 'json'
  readonly logLevel: LogLevel
  /** The variables that the hardening reads by itself, secrets from files included. */
  readonly hardening: Environment
}

const clientApiKeyModes = ['off', 'optional', 'required'] as const
/** What `CLIENT_API_KEYS` may say. */
export type ClientApiKeyMode = (typeof clientApiKeyModes)[number]

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
type LogLevel = (typeof logLevels)[number]

const isOneOf = <T extends string>(allowed: readonly T[], value: string): value is T =>
  allowed.some((candidate) => candidate === value)

function createReader(environment: Environment, problems: ConfigProblem[]) {
  const report = (path: string, code: ConfigProblem['code'], message: string): void => {
    problems.push({ path, code, message })
  }

  /** The variable's value; empty counts as unset. */
  const text = (name: string): string | undefined => environment[name]?.trim() || undefined

  return {
    text,

    /** The variable itself, or the content of the file that `<name>_FILE` names. */
    secret(name: string): string | undefined {
      const value = text(name)
      const file = text(`${name}_FILE`)
      if (file === undefined) return value
      if (value !== undefined) {
        report(name, 'ALFRED_CONFIG_CONFLICT', `is set, and so is ${name}_FILE: set one of them.`)
        return undefined
      }
      try {
        const content = readFileSync(file, 'utf8').trim()
        if (content !== '') return content
        report(`${name}_FILE`, 'ALFRED_CONFIG_MISSING', 'names an empty file.')
      } catch {
        report(`${name}_FILE`, 'ALFRED_CONFIG_OUT_OF_RANGE', 'names a file that cannot be read.')
      }
      return undefined
    },

    /** A whole number from `min` to `max`. */
    integer(name: string, fallback: number, max: number, min = 0): number {
      const value = text(name)
      if (value === undefined) return fallback
      const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN
      if (number >= min && number <= max) return number
      const range = `${String(min)} to ${String(max)}`
      report(name, 'ALFRED_CONFIG_OUT_OF_RANGE', `must be a whole number from ${range}.`)
      return fallback
    },

    address(name: string, fallback: string): string {
      const value = text(name)
      if (value === undefined || value === 'localhost' || isIP(value) !== 0) return value ?? fallback
      report(name, 'ALFRED_CONFIG_OUT_OF_RANGE', 'must be an IP address to listen on, such as 0.0.0.0.')
      return fallback
    },

    oneOf<T extends string>(name: string, allowed: readonly T[], fallback: T): T {
      const value = text(name)
      if (value === undefined || isOneOf(allowed, value)) return value ?? fallback
      report(name, 'ALFRED_CONFIG_OUT_OF_RANGE', `must be one of ${allowed.join(', ')}.`)
      return fallback
    },

    /** A URL with one of `protocols`; its password may come from a secret of its own. */
    serviceUrl(name: string, passwordName: string, ...protocols: readonly string[]): string | undefined {
      const url = this.url(name, this.secret(name), ...protocols)
      const password = this.secret(passwordName)
      if (url === undefined || password === undefined) return url
      const withPassword = new URL(url)
      withPassword.password = encodeURIComponent(password)
      return withPassword.href
    },

    accepted<T>(name: string, value: string | undefined, build: (value: string) => T): T | undefined {
      if (value === undefined) return undefined
      try {
        return build(value)
      } catch (error) {
        if (!(error instanceof AlfredConfigError)) throw error
        for (const { code, message } of error.problems) report(name, code, message)
        return undefined
      }
    },

    /** A URL with one of `protocols`. */
    url(name: string, value: string | undefined, ...protocols: readonly string[]): string | undefined {
      if (value === undefined) return undefined
      const parsed = URL.parse(value)
      if (parsed && protocols.includes(parsed.protocol)) return value
      const starts = protocols.map((protocol) => `${protocol}//`).join(' or ')
      report(name, 'ALFRED_CONFIG_OUT_OF_RANGE', `must be a URL that starts with ${starts}.`)
      return undefined
    },
  }
}

/**
 * Reads Alfred's settings.
 *
 * @throws `AlfredConfigError` naming every variable that cannot be used
 */
export function readSettings(environment: Environment): Settings {
  const problems: ConfigProblem[] = []
  const read = createReader(environment, problems)
  const keyed = (prefix: string, model: string, contextTokens: number): KeyedProviderSettings | undefined => {
    const apiKey = read.secret(`${prefix}_API_KEY`)
    const baseUrl = read.url(`${prefix}_BASE_URL`, read.text(`${prefix}_BASE_URL`), 'http:', 'https:')
    const adminKey = read.secret(`${prefix}_ADMIN_KEY`)
    const projectId = read.text(`${prefix}_PROJECT_ID`)
    return apiKey === undefined && adminKey === undefined
      ? undefined
      : {
          apiKey,
          adminKey,
          projectId,
          baseUrl,
          model: read.text(`${prefix}_MODEL`) ?? model,
          contextTokens: read.integer(`${prefix}_CONTEXT_TOKENS`, contextTokens, 10_000_000, 8192),
        }
  }
  const ollamaHost = read.text('OLLAMA_HOST')
  const redisUrl = read.serviceUrl('REDIS_URL', 'REDIS_PASSWORD', 'redis:', 'rediss:')
  const defaultFormat = environment['NODE_ENV'] === 'production' ? 'json' : 'text'
  const logFormat = read.oneOf('LOG_FORMAT', ['text', 'json'], defaultFormat)
  const settings: Settings = {
    host: read.address('HOST', '127.0.0.1'),
    port: read.integer('PORT', 3000, 65_535),
    dataFolder: read.text('ALFRED_DATA_DIR') ?? '.data',
    vaultKeyFile: read.text('VAULT_KEY_FILE'),
    drainDelayMs: read.integer('DRAIN_DELAY_MS', 0, 15_000),
    maxEventLoopDelayMs: read.integer('MAX_EVENT_LOOP_DELAY_MS', 500, 60_000),
    clientApiKeys: read.oneOf('CLIENT_API_KEYS', clientApiKeyModes, 'off'),
    budget: {
      tokensPerDay: read.integer('AI_TOKENS_PER_DAY', 250_000, 999_999_999, 1),
      tokensPerMonth: read.integer('AI_TOKENS_PER_MONTH', 0, 999_999_999) || undefined,
      microsPerDay: read.integer('AI_CENTS_PER_DAY', 0, 99_999_999) * 10_000 || undefined,
      microsPerMonth: read.integer('AI_CENTS_PER_MONTH', 0, 99_999_999) * 10_000 || undefined,
    },
    aiConcurrentAnswers: read.integer('AI_CONCURRENT_ANSWERS', 400, 100_000, 1),
    retentionDays: read.integer('RETENTION_DAYS', 0, 36_500),
    databaseUrl: read.serviceUrl('DATABASE_URL', 'DATABASE_PASSWORD', 'postgres:', 'postgresql:'),
    redisUrl,
    openai: keyed('OPENAI', 'gpt-5-mini', 128_000),
    anthropic: keyed('ANTHROPIC', 'claude-haiku-4-5', 200_000),
    ollama:
      ollamaHost === undefined
        ? undefined
        : {
            host: ollamaHost,
            model: read.text('OLLAMA_MODEL'),
            contextTokens: read.integer('OLLAMA_CONTEXT_TOKENS', 8192, 10_000_000, 1024),
          },
    alerting: readAlertingSettings(read),
    logFormat,
    logLevel: read.oneOf('LOG_LEVEL', logLevels, logFormat === 'json' ? 'info' : 'warn'),
    hardening: {
      ALLOW_ADDRESSES: read.text('ALLOW_ADDRESSES'),
      ALLOWED_HOSTS: read.text('ALLOWED_HOSTS'),
      ALLOWED_ORIGINS: read.text('ALLOWED_ORIGINS'),
      DENY_ADDRESSES: read.text('DENY_ADDRESSES'),
      METRICS_TOKEN: read.secret('METRICS_TOKEN'),
      REDIS_URL: redisUrl,
      TRUST_PROXY: read.text('TRUST_PROXY'),
    },
  }
  if (problems.length > 0) throw new AlfredConfigError(problems)
  return settings
}
