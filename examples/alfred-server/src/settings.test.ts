import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AlfredConfigError } from '@alfred/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Environment, readSettings } from './settings.ts'

let folder = ''
const file = (name: string): string => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'alfred-settings-'))
  writeFileSync(file('key'), 'sk-from-file\n')
  writeFileSync(file('dsn'), 'https://0123456789abcdef@sentry.example.com/42\n')
  writeFileSync(file('empty'), '\n')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function problems(environment: Environment): string[] {
  try {
    readSettings(environment)
    return []
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) throw error
    return error.problems.map(({ path, code }) => `${path} ${code}`)
  }
}

it('needs no variable at all', () => {
  expect(readSettings({})).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    dataFolder: '.data',
    clientApiKeys: 'off',
    budget: { tokensPerDay: 250_000, tokensPerMonth: undefined, microsPerDay: undefined },
    databaseUrl: undefined,
    openai: undefined,
    anthropic: undefined,
    ollama: undefined,
    logFormat: 'text',
  })
})

it('reads what is set, secrets also from files', () => {
  const settings = readSettings({
    PORT: '0',
    CLIENT_API_KEYS: 'required',
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://alfred@db/alfred',
    OPENAI_API_KEY_FILE: file('key'),
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    ANTHROPIC_API_KEY: ' sk-ant ',
    ANTHROPIC_MODEL: 'claude-sonnet-5',
    OLLAMA_HOST: '127.0.0.1',
    TRUST_PROXY: '1',
  })
  expect(settings).toMatchObject({
    port: 0,
    clientApiKeys: 'required',
    logFormat: 'json',
    databaseUrl: 'postgres://alfred@db/alfred',
    openai: { apiKey: 'sk-from-file', baseUrl: 'http://127.0.0.1:9/v1' },
    anthropic: { apiKey: 'sk-ant', model: 'claude-sonnet-5' },
    ollama: { host: '127.0.0.1', model: undefined, contextTokens: 8192 },
    hardening: { TRUST_PROXY: '1' },
  })
})

it('puts passwords that come apart into the URLs', () => {
  const { databaseUrl, redisUrl } = readSettings({
    DATABASE_URL: 'postgres://alfred@db:5432/alfred?sslmode=verify-full',
    DATABASE_PASSWORD: 'a/b@c %',
    REDIS_URL: 'redis://cache:6379/0',
    REDIS_PASSWORD_FILE: file('key'),
  })
  expect(databaseUrl).toBe('postgres://alfred:a%2Fb%40c%20%25@db:5432/alfred?sslmode=verify-full')
  expect(redisUrl).toBe('redis://:sk-from-file@cache:6379/0')
})

it('takes an empty variable for an unset one', () => {
  expect(readSettings({ PORT: '', OPENAI_API_KEY: ' ', DATABASE_URL: '' })).toEqual(readSettings({}))
})

it('makes a sink of every receiver', () => {
  const { alerting } = readSettings({
    SENTRY_DSN_FILE: file('dsn'),
    ALERTMANAGER_URL: 'http://alertmanager:9093',
    SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T0/B0/x',
    PAGERDUTY_ROUTING_KEY: '0123456789abcdef0123456789abcdef',
    ALFRED_ENVIRONMENT: 'production',
  })
  expect(alerting.errorSinks.map(({ name }) => name)).toEqual(['sentry'])
  expect(alerting.alertSinks.map(({ name }) => name)).toEqual(['alertmanager', 'slack', 'pagerduty'])
  expect(alerting.environment).toBe('production')
})

it.each([
  [
    'a DSN without a key',
    { SENTRY_DSN: 'https://sentry.example.com/1' },
    ['SENTRY_DSN ALFRED_CONFIG_WRONG_TYPE'],
  ],
  [
    'Slack without TLS',
    { SLACK_WEBHOOK_URL: 'http://hooks.slack.com/x' },
    ['SLACK_WEBHOOK_URL ALFRED_CONFIG_UNSAFE'],
  ],
  ['a short key', { PAGERDUTY_ROUTING_KEY: 'x' }, ['PAGERDUTY_ROUTING_KEY ALFRED_CONFIG_OUT_OF_RANGE']],
  ['a port out of range', { PORT: '70000' }, ['PORT ALFRED_CONFIG_OUT_OF_RANGE']],
  ['a port in words', { PORT: 'http' }, ['PORT ALFRED_CONFIG_OUT_OF_RANGE']],
  ['a host name', { HOST: 'example.com' }, ['HOST ALFRED_CONFIG_OUT_OF_RANGE']],
  ['another database', { DATABASE_URL: 'mysql://db/a' }, ['DATABASE_URL ALFRED_CONFIG_OUT_OF_RANGE']],
  ['API keys by a wrong word', { CLIENT_API_KEYS: 'on' }, ['CLIENT_API_KEYS ALFRED_CONFIG_OUT_OF_RANGE']],
  [
    'several at once',
    { PORT: 'x', REDIS_URL: 'http://r' },
    ['PORT ALFRED_CONFIG_OUT_OF_RANGE', 'REDIS_URL ALFRED_CONFIG_OUT_OF_RANGE'],
  ],
])('refuses %s', (_what, environment, expected) => {
  expect(problems(environment).sort()).toEqual(expected.sort())
})

it('refuses secret files that are missing, empty or given twice', () => {
  expect(problems({ OPENAI_API_KEY_FILE: file('none') })).toEqual([
    'OPENAI_API_KEY_FILE ALFRED_CONFIG_OUT_OF_RANGE',
  ])
  expect(problems({ OPENAI_API_KEY_FILE: file('empty') })).toEqual([
    'OPENAI_API_KEY_FILE ALFRED_CONFIG_MISSING',
  ])
  expect(problems({ OPENAI_API_KEY: 'a', OPENAI_API_KEY_FILE: file('key') })).toEqual([
    'OPENAI_API_KEY ALFRED_CONFIG_CONFLICT',
  ])
})
