import { alertmanagerSink, pagerDutySink, sentrySink, slackSink } from '@alfred/alerting'
import { built, flag, listenAddress, oneOf, plain, secret, text, url, wholeNumber } from './variable.ts'

const seconds = 1000

/** What `CLIENT_API_KEYS` may say. */
export const clientApiKeyModes = ['off', 'optional', 'required'] as const

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

const httpUrl = () => url('http:', 'https:')
const timeoutMs = (fallback: number) => wholeNumber(1, 600_000).default(fallback)

const server = {
  PORT: plain(wholeNumber(0, 65_535).default(3000), 'The port to listen on; 0 takes a free one.'),
  HOST: plain(listenAddress().default('127.0.0.1'), 'The address to listen on; 0.0.0.0 for all of them.'),
  ALFRED_DATA_DIR: plain(text().default('.data'), 'Holds the embedded database, the vault and its key.'),
  ALFRED_CONFIG_DIR: plain(
    text().optional(),
    'Holds security.production.json and monitoring.json; the folder config of Alfred by default.',
  ),
  DRAIN_DELAY_MS: plain(
    wholeNumber(0, 15_000).default(0),
    'How long to go on after a stop signal, for a load balancer to notice.',
  ),
  MAX_EVENT_LOOP_DELAY_MS: plain(
    wholeNumber(0, 60_000).default(500),
    'How late the event loop may be before requests get 503; 0 refuses none.',
  ),
  LOG_FORMAT: plain(
    oneOf(['text', 'json']).optional(),
    'For people or for log collectors: text, or json, the default with NODE_ENV=production.',
  ),
  LOG_LEVEL: plain(
    oneOf(logLevels).optional(),
    `One of ${logLevels.join(', ')}. The default is warn for text, info for json.`,
  ),
  OTEL_RESOURCE_ATTRIBUTES: plain(
    text().optional(),
    'Its service.version is the release in /healthz, error reports and traces.',
    'service.version=1.4.2',
  ),
}

const database = {
  DATABASE_URL: secret(
    url('postgres:', 'postgresql:').optional(),
    'PostgreSQL. Without it, and without DB_HOST, PGlite in the data folder is used.',
  ),
  DATABASE_PASSWORD: secret(text().optional(), 'The password, where DATABASE_URL has none.'),
  DB_HOST: plain(text().optional(), 'PostgreSQL by parts instead of DATABASE_URL.', 'db.example.com'),
  DB_PORT: plain(wholeNumber(1, 65_535).optional(), 'The port of DB_HOST.', '5432'),
  DB_NAME: plain(text().optional(), 'The database on DB_HOST.', 'alfred'),
  DB_USER: plain(text().optional(), 'The role to use DB_HOST with.', 'alfred_app'),
  DB_PASSWORD: secret(text().optional(), 'The password of DB_USER.'),
  DB_MIGRATION_USER: plain(
    text().optional(),
    'The role that owns the tables; the migrate command uses it.',
    'alfred_migrator',
  ),
  DB_MIGRATION_PASSWORD: secret(text().optional(), 'The password of DB_MIGRATION_USER.'),
  DB_SSL: plain(
    oneOf(['off', 'verify-full']).optional(),
    'TLS to PostgreSQL: verify-full, the default with a certificate below, or off.',
    'verify-full',
  ),
  DB_SSL_CA: secret(text().optional(), 'The authority that signs the server certificate, in PEM.'),
  DB_SSL_CERT: secret(text().optional(), 'The certificate of Alfred as a client, in PEM.'),
  DB_SSL_KEY: secret(text().optional(), 'The key of DB_SSL_CERT, in PEM.'),
  DB_POOL_MIN: plain(wholeNumber(0, 1000).default(5), 'Connections that are kept open.'),
  DB_POOL_MAX: plain(wholeNumber(1, 1000).default(20), 'Connections at most.'),
  DB_ACQUIRE_TIMEOUT_MS: plain(timeoutMs(30 * seconds), 'How long a statement waits for a connection.'),
  DB_IDLE_TIMEOUT_MS: plain(timeoutMs(10 * seconds), 'How long a connection beyond DB_POOL_MIN may be idle.'),
  DB_STATEMENT_TIMEOUT_MS: plain(timeoutMs(30 * seconds), 'When PostgreSQL ends a statement.'),
  DB_IDLE_IN_TRANSACTION_TIMEOUT_MS: plain(
    timeoutMs(30 * seconds),
    'When PostgreSQL ends a transaction that does nothing.',
  ),
}

const hardening = {
  REDIS_URL: secret(
    url('redis:', 'rediss:').optional(),
    'Redis, for limits and answers that instances share.',
  ),
  REDIS_PASSWORD: secret(text().optional(), 'The password, where REDIS_URL has none.'),
  TRUST_PROXY: plain(
    text().optional(),
    "Who may name the client's address: a number of proxies, or their addresses.",
    '1',
  ),
  ALLOWED_HOSTS: plain(
    text().optional(),
    'The host names that requests may use, separated by commas; others get 421.',
    'app.example.com,*.example.com',
  ),
  ALLOWED_ORIGINS: plain(text().optional(), 'Other origins whose pages may call the API.'),
  ALLOW_ADDRESSES: plain(text().optional(), 'Networks that no limit applies to.', '192.0.2.0/24'),
  DENY_ADDRESSES: plain(text().optional(), 'Networks that are refused.', '198.51.100.0/24'),
  METRICS_TOKEN: secret(
    text().optional(),
    'The bearer token for /metrics, the details of /healthz, and /status.',
  ),
  VAULT_KEY_FILE: plain(
    text().optional(),
    'The key that encrypts the vault, 32 bytes in base64. By default it is in the data folder.',
  ),
}

const clients = {
  CLIENT_API_KEYS: plain(
    oneOf(clientApiKeyModes).default('off'),
    'Whether API clients need a key: off, optional or required.',
  ),
  ALLOW_ANONYMOUS: plain(
    flag().default(false),
    'Set to 1 to let anybody use a paid provider: keys not required, on an address others reach.',
    '0',
  ),
  RETENTION_DAYS: plain(
    wholeNumber(0, 36_500).default(0),
    'After how many days without use a conversation is removed; 0 keeps all.',
  ),
}

const answers = {
  OPENAI_API_KEY: secret(text().optional(), 'OpenAI, or a server that speaks its API.'),
  OPENAI_ADMIN_KEY: secret(
    text().optional(),
    'The admin key with which the vault creates and revokes OpenAI keys.',
  ),
  OPENAI_PROJECT_ID: plain(text().optional(), 'The project of those keys.'),
  OPENAI_BASE_URL: plain(httpUrl().optional(), "Another address than OpenAI's."),
  OPENAI_MODEL: plain(text().default('gpt-5-mini'), 'The model to use.'),
  OPENAI_CONTEXT_TOKENS: plain(
    wholeNumber(8192, 10_000_000).default(128_000),
    'The context window of the model, in tokens.',
  ),
  ANTHROPIC_API_KEY: secret(text().optional(), 'Anthropic.'),
  ANTHROPIC_ADMIN_KEY: secret(
    text().optional(),
    'The admin key with which the vault lists and revokes Anthropic keys.',
  ),
  ANTHROPIC_BASE_URL: plain(httpUrl().optional(), "Another address than Anthropic's."),
  ANTHROPIC_MODEL: plain(text().default('claude-haiku-4-5'), 'The model to use.'),
  ANTHROPIC_CONTEXT_TOKENS: plain(
    wholeNumber(8192, 10_000_000).default(200_000),
    'The context window of the model, in tokens.',
  ),
  OLLAMA_HOST: plain(text().optional(), 'Ollama.', 'http://127.0.0.1:11434'),
  OLLAMA_MODEL: plain(text().optional(), 'The model to use; the first installed one by default.'),
  OLLAMA_CONTEXT_TOKENS: plain(
    wholeNumber(1024, 10_000_000).default(8192),
    'The context window to request from the model, in tokens.',
  ),
  AI_CONCURRENT_ANSWERS: plain(
    wholeNumber(1, 100_000).default(400),
    'Answers that one provider may be working on; a hundred more wait for two seconds.',
  ),
  AI_TOKENS_PER_DAY: plain(wholeNumber(1, 999_999_999).default(250_000), 'Tokens an owner may spend a day.'),
  AI_TOKENS_PER_MONTH: plain(wholeNumber(0, 999_999_999).default(0), 'The same a month; 0 is no limit.'),
  AI_CENTS_PER_DAY: plain(
    wholeNumber(0, 99_999_999).default(0),
    'Money an owner may spend a day; 0 is no limit.',
  ),
  AI_CENTS_PER_MONTH: plain(wholeNumber(0, 99_999_999).default(0), 'The same a month; 0 is no limit.'),
}

const alerting = {
  SENTRY_DSN: secret(
    built((dsn) => sentrySink({ dsn })).optional(),
    'Where errors are reported: Sentry, or a server that speaks its protocol.',
  ),
  ALERTMANAGER_URL: secret(
    built((address) => alertmanagerSink({ url: address })).optional(),
    'Where alerts go: Alertmanager.',
  ),
  SLACK_WEBHOOK_URL: secret(
    built((webhookUrl) => slackSink({ webhookUrl })).optional(),
    'Where alerts go: a channel of Slack.',
  ),
  PAGERDUTY_ROUTING_KEY: secret(
    built((routingKey) => pagerDutySink({ routingKey })).optional(),
    'Where alerts go: a service of PagerDuty.',
  ),
  ALFRED_ENVIRONMENT: plain(text().optional(), 'What reports and alerts say they come from.', 'production'),
  RUNBOOK_URL: plain(httpUrl().optional(), 'Where the runbook is published.'),
}

/** The variables of each heading of `.env.example`. */
export const variableGroups = {
  Server: server,
  Database: database,
  Hardening: hardening,
  Clients: clients,
  Answers: answers,
  'Errors and alerts': alerting,
}

/** Every variable that Alfred reads. */
export const variables = { ...server, ...database, ...hardening, ...clients, ...answers, ...alerting }
