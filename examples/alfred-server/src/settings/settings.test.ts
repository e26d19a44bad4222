import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AlfredConfigError } from '@alfred/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Environment } from './read-variables.ts'
import { readSettings } from './settings.ts'

const alfredFolder = fileURLToPath(new URL('../..', import.meta.url))
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
    postgres: undefined,
    releaseId: undefined,
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
    postgres: { url: 'postgres://alfred@db/alfred', tls: undefined },
    migratesByCommand: true,
    openai: { apiKey: 'sk-from-file', baseUrl: 'http://127.0.0.1:9/v1' },
    anthropic: { apiKey: 'sk-ant', model: 'claude-sonnet-5' },
    ollama: { host: '127.0.0.1', model: undefined, contextTokens: 8192 },
    hardening: { TRUST_PROXY: '1' },
  })
})

it('puts passwords that come apart into the URLs', () => {
  const { postgres, redisUrl } = readSettings({
    DATABASE_URL: 'postgres://alfred@db:5432/alfred?sslmode=verify-full',
    DATABASE_PASSWORD: 'a/b@c %',
    REDIS_URL: 'redis://cache:6379/0',
    REDIS_PASSWORD_FILE: file('key'),
  })
  expect(postgres?.url).toBe('postgres://alfred:a%2Fb%40c%20%25@db:5432/alfred?sslmode=verify-full')
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

const pem = '-----BEGIN CERTIFICATE-----'
const parts = { DB_HOST: 'db.example.com', DB_NAME: 'alfred', DB_USER: 'alfred_app' }

it('reads PostgreSQL by parts, with the pool and the time-outs of a production server', () => {
  const { postgres } = readSettings({ ...parts, DB_PASSWORD_FILE: file('key'), DB_SSL_CA: pem })
  expect(postgres).toEqual({
    url: 'postgres://alfred_app:sk-from-file@db.example.com:5432/alfred',
    migrationUrl: 'postgres://alfred_app:sk-from-file@db.example.com:5432/alfred',
    tls: { rejectUnauthorized: true, ca: pem, cert: undefined, key: undefined },
    pool: {
      min: 5,
      max: 20,
      acquireTimeoutMs: 30_000,
      idleTimeoutMs: 10_000,
      statementTimeoutMs: 30_000,
      idleInTransactionTimeoutMs: 30_000,
    },
  })
})

it('migrates as another role where one is named', () => {
  const { postgres } = readSettings({
    DATABASE_URL: 'postgres://alfred_app@db/alfred',
    DATABASE_PASSWORD: 'app',
    DB_MIGRATION_USER: 'alfred_migrator',
    DB_MIGRATION_PASSWORD: 'm',
  })
  expect(postgres?.url).toBe('postgres://alfred_app:app@db/alfred')
  expect(postgres?.migrationUrl).toBe('postgres://alfred_migrator:m@db/alfred')
})

it.each([
  ['an IPv6 address', { ...parts, DB_HOST: '2001:db8::1' }, '@[2001:db8::1]:5432/alfred'],
  ['a port', { ...parts, DB_PORT: '6432' }, '@db.example.com:6432/alfred'],
  ['signs', { ...parts, DB_USER: 'a@b', DB_NAME: 'a/b' }, '://a%40b@db.example.com:5432/a%2Fb'],
])('reads PostgreSQL by parts with %s', (_what, environment, expected) => {
  expect(readSettings(environment).postgres?.url).toContain(expected)
})

it.each([
  ['service.version=1.4.2', '1.4.2'],
  ['deployment.environment=a%3Db, service.version=2%2B1 ,x=y', '2+1'],
  ['service.version=', undefined],
  ['service.version=%', undefined],
  ['service.name=alfred', undefined],
])('finds the release in %s', (OTEL_RESOURCE_ATTRIBUTES, expected) => {
  expect(readSettings({ OTEL_RESOURCE_ATTRIBUTES }).releaseId).toBe(expected)
})

it('leaves the names of the hardening to the hardening', () => {
  const { hardening } = readSettings({ ALLOWED_ORIGIN: 'https://a.example', OPENAI_API_KEY: 'sk' })
  expect(hardening).toHaveProperty('ALLOWED_ORIGIN')
  expect(hardening).not.toHaveProperty('OPENAI_API_KEY')
})

it.each([
  ['CLIENT_API_KEY', 'CLIENT_API_KEYS'],
  ['ALFRED_DATA_FOLDER', 'ALFRED_DATA_DIR'],
  ['OPENAI_API_KEYS', 'OPENAI_API_KEY'],
  ['ANTHROPIC_MODELS', 'ANTHROPIC_MODEL'],
  ['OLLAMA_URL', undefined],
])('refuses %s, which nobody reads', (name, suggestion) => {
  const refused = (): unknown => readSettings({ [name]: 'x-secret-x' })
  expect(refused).toThrow(`${name}: is not read by Alfred.`)
  if (suggestion) expect(refused).toThrow(`Did you mean "${suggestion}"?`)
  expect(refused).not.toThrow('x-secret-x')
})

it.each(['OLLAMA_PORT', 'ALFRED_SERVICE_HOST', 'OLLAMA_KEEP_ALIVE', 'OPENAI_ORG_ID', 'ALFRED_CORPORA'])(
  'leaves %s to whom it belongs',
  (name) => {
    expect(problems({ [name]: 'x' })).toEqual([])
  },
)

it('leaves the names of the deployment to the deployment', () => {
  const files = globSync('{deployment/**/*,*.yml}', { cwd: alfredFolder })
    .map((name) => join(alfredFolder, name))
    .filter((path) => statSync(path).isFile())
  const names = files.flatMap((path) => readFileSync(path, 'utf8').match(/\bALFRED_[A-Z_]*[A-Z]\b/g) ?? [])
  expect(names.length).toBeGreaterThan(50)
  expect(problems(Object.fromEntries(names.map((name) => [name, 'x'])))).toEqual([])
})

const paid = { HOST: '0.0.0.0', OPENAI_API_KEY: 'sk' }

it.each<[string, Environment, boolean]>([
  ['anybody from anywhere', paid, true],
  ['anybody beside those with keys', { ...paid, CLIENT_API_KEYS: 'optional' }, true],
  ['anybody of a private network', { ...paid, HOST: '10.0.0.1' }, true],
  ['those with keys', { ...paid, CLIENT_API_KEYS: 'required' }, false],
  ['anybody on this machine', { ...paid, HOST: '127.0.0.2' }, false],
  ['anybody on this machine by IPv6', { ...paid, HOST: '::1' }, false],
  ['anybody, if that is meant', { ...paid, ALLOW_ANONYMOUS: '1' }, false],
  ['anybody a model of our own', { HOST: '::', OLLAMA_HOST: 'http://ollama' }, false],
])('who may use a provider: %s', (_who, environment, isRefused) => {
  expect(problems(environment)).toEqual(isRefused ? ['CLIENT_API_KEYS ALFRED_CONFIG_UNSAFE'] : [])
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
  ['a password of nothing', { DATABASE_PASSWORD: 'x' }, ['DATABASE_PASSWORD ALFRED_CONFIG_CONFLICT']],
  ['a password of no Redis', { REDIS_PASSWORD: 'x' }, ['REDIS_PASSWORD ALFRED_CONFIG_CONFLICT']],
  [
    'two ways to PostgreSQL',
    { DATABASE_URL: 'postgres://db/a', DB_HOST: 'db' },
    ['DB_HOST ALFRED_CONFIG_CONFLICT'],
  ],
  [
    'half of PostgreSQL',
    { DB_HOST: 'db' },
    ['DB_NAME ALFRED_CONFIG_MISSING', 'DB_USER ALFRED_CONFIG_MISSING'],
  ],
  ['certificates without TLS', { DB_SSL: 'off', DB_SSL_CA: pem }, ['DB_SSL ALFRED_CONFIG_CONFLICT']],
  [
    'two words on TLS',
    { DB_SSL: 'verify-full', DATABASE_URL: 'postgres://db/a?sslmode=require' },
    ['DB_SSL ALFRED_CONFIG_CONFLICT'],
  ],
  ['a certificate without its key', { DB_SSL_CERT: pem }, ['DB_SSL_KEY ALFRED_CONFIG_MISSING']],
  ['TLS that verifies nothing', { DB_SSL: 'require' }, ['DB_SSL ALFRED_CONFIG_OUT_OF_RANGE']],
  ['more least than most', { DB_POOL_MIN: '21' }, ['DB_POOL_MIN ALFRED_CONFIG_OUT_OF_RANGE']],
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
