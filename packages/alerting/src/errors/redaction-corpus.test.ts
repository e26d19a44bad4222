import { expect, it } from 'vitest'
import { createRedactor } from './redaction.ts'

/** No part of a secret may be left: its words are found in no harmless text. */
const canary = 'xq7Zw'
const secret = `${canary}-${canary}4`
const long = `${canary}0123456789abcdefghijklmnopqrstu`

const names = [
  'password',
  'Passwd',
  'Pwd',
  'DB_PASSWORD',
  'userPassword',
  'passphrase',
  'AWS_SECRET_ACCESS_KEY',
  'secretKey',
  'client_secret',
  'apiKey',
  'x-api-key',
  'OPENAI_API_KEY',
  'access_token',
  'refreshToken',
  'AccountKey',
  'SharedAccessKey',
  'privateKey',
  'signing_key',
  'encryptionKey',
  'session_id',
  'credentials',
  'jwt',
  'SENTRY_DSN_SECRET',
  'SMTP_PASS',
  'DBPASS',
  'userPass',
  'db-pass',
  'mailPw',
  'LOGIN_OTP',
  'SENTRY_DSN',
  'connectionString',
] as const

/** How an assignment is written where errors take texts from. */
const forms: readonly ((name: string) => string)[] = [
  (name) => `${name}=${secret}`,
  (name) => `could not connect: ${name}: ${secret}`,
  (name) => `{"user":"ada","${name}":"${secret}","port":1}`,
  (name) => `{\\"${name}\\":\\"${secret}\\"}`,
  (name) => `{ ${name}: '${secret}' }`,
  (name) => `${name}="${secret} ${canary}"`,
  (name) => `https://example.com/a?page=1&${name}=${secret}&sort=up`,
  (name) => `Server=db;${name}=${secret};Database=a`,
  (name) => `tool --${name} ${secret} --verbose`,
  (name) => `${name} => ${secret}`,
  (name) => `export ${name}='${secret}'`,
]

const headers = [
  `Authorization: Bearer ${secret}`,
  `authorization: Basic ${secret}`,
  `Authorization: Digest username="${canary}", realm="a", nonce="${canary}", response="${canary}"`,
  `Digest username="ada", realm="a", response="${canary}"`,
  `Proxy-Authorization: Negotiate ${secret}`,
  `Cookie: theme=dark; sid=${secret}; other=${secret}`,
  `Set-Cookie: a=1; b=${secret}; Path=/`,
  `cookie: a=${canary}; b=${canary}\r\nHost: example.com`,
  `"cookie":"a=1; b=${secret}"`,
  `["Cookie","a=1; b=${secret}"]`,
  `X-Api-Key: ${secret}`,
  `X-Auth-Token: ${secret} ${canary}`,
  `X-Amz-Security-Token: ${secret}`,
  `Authorization: AWS4-HMAC-SHA256 Credential=${canary}/20130524/us-east-1, SignedHeaders=host, Signature=${canary}`,
  `got 401 with Bearer ${secret}`,
  `cookieHeader: a=1; b=${secret}`,
  `authHeader=${canary} ${canary}`,
  `rawHeaders: [ 'Host', 'example.com', 'X-Auth-Token', '${secret}' ]`,
  `spawn failed: ["tool","--password","${secret}"]`,
  `spawn failed: ["--verbose", "--pass", "${secret}"]`,
  `Authorization: Token ${secret}`,
]

const urls = [
  `postgres://alfred:${canary}@db:5432/alfred`,
  `postgres://alfred:${canary}@${canary}/${canary}@db/alfred`,
  `redis://${canary}@cache`,
  `mongodb+srv://u:${canary}@cluster0.example.net/?retryWrites=true`,
  `amqp://u:${canary}@queue/%2f`,
  `https://ada:${canary}@example.com/`,
  `https://ada:${canary}/${canary}@example.com/`,
  `https://${canary}@o1.ingest.sentry.io/1`,
  `https://hooks.slack.com/services/T000/B000/${canary}`,
  `POST https://hooks.slack.com/workflows/T0/${canary} failed`,
  `https://discord.com/api/webhooks/1234/${canary}`,
  `https://discordapp.com/api/v10/webhooks/1234/${canary}`,
  `https://acme.webhook.office.com/webhookb2/${canary}@b/IncomingWebhook/c/d`,
  `https://outlook.office.com/webhook/${canary}`,
  `https://hooks.zapier.com/hooks/catch/1/${canary}`,
  `https://maker.ifttt.com/trigger/a/with/key/${canary}`,
  `https://api.telegram.org/bot1234:${canary}/sendMessage`,
  `https://events.pagerduty.com/integration/${canary}/enqueue`,
  `https://hc-ping.com/${canary}`,
  `https://a.blob.core.windows.net/c?sv=1&sig=${canary}%3D&se=2026`,
  `https://b.s3.amazonaws.com/k?X-Amz-Credential=${canary}&X-Amz-Signature=${canary}`,
  `https://storage.googleapis.com/b/k?X-Goog-Signature=${canary}`,
  `https://example.com/callback?code=${canary}&state=1`,
  `https://example.com/#access_token=${canary}&token_type=bearer`,
  `https://maps.example.com/?key=${canary}`,
  `https://chat.googleapis.com/v1/spaces/A/messages?key=${canary}&token=${canary}`,
]

const prefixes = [
  'sk-',
  'sk-proj-',
  'sk-ant-api03-',
  'sk_live_',
  'pk_live_',
  'rk_live_',
  'alf_',
  'ghp_',
  'gho_',
  'ghu_',
  'ghs_',
  'ghr_',
  'github_pat_',
  'glpat-',
  'gldt-',
  'xoxb-',
  'xoxp-',
  'xapp-',
  'whsec_',
  'npm_',
  'hf_',
  'pypi-',
  'dckr_pat_',
  'shpat_',
  'shpss_',
  'lin_api_',
  'dop_v1_',
  'glsa_',
  'gsk_',
  'xai-',
  'pplx-',
  'r8_',
  'figd_',
  'NRAK-',
  'PMAK-',
  'rubygems_',
  'sntrys_',
  'hvs.',
  'SG.',
  'ya29.',
  'GOCSPX-',
  'key-',
] as const

const phrases = [
  `passphrase: ${canary} correct ${canary} battery ${canary}`,
  `passphrase=${canary} horse ${canary} user=ada`,
  `password is set to: password: ${canary} ${canary}`,
  `mnemonic: ${canary} ${canary} ${canary}`,
  `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\n${canary}\n-----END RSA PRIVATE KEY-----`,
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${canary}`,
  `eyJhbGciOiJI.eyJ${canary}.${canary}`,
  `mail ${canary}@example.com`,
  `Key (reset_token)=(${canary}) already exists.`,
  `Key (user_id, reset_token)=(1, ${canary}) already exists.`,
  `<password>${canary}</password>`,
  `<wsse:Password Type="a">${canary}</wsse:Password>`,
  `bypass: password=${canary}`,
]

const leaking = [
  ...names.flatMap((name) => forms.map((form) => form(name))),
  ...headers,
  ...urls,
  ...prefixes.map((prefix) => `refused ${prefix}${long} by the service`),
  ...phrases,
]

/** What errors and logs say that holds no secret. */
const harmless = [
  'connect ECONNREFUSED 127.0.0.1:5432',
  'Unexpected token < in JSON at position 0',
  'password authentication failed for user "alfred"',
  'The token expired at 2026-12-01T07:00:00.000Z',
  'max_tokens: 4096',
  'inputTokens=120 outputTokens=480',
  '{"total_tokens":600,"usage":{"prompt_tokens":120}}',
  'tokens per minute: 90000',
  'Basic authentication is required',
  'bearer authentication is not supported',
  'Token expired',
  'token_type=bearer',
  'tokenType: "Bearer"',
  'cookieName: "theme"',
  'apiKeyRequired: true',
  'password_length=12',
  'PWD=/home/alfred/app',
  'The session has ended',
  'author: Ada Lovelace',
  'authors=3',
  'monkey=1',
  'keyboard: qwerty',
  'key: value',
  'primary key (id)',
  'duplicate key value violates unique constraint "users_pkey"',
  'passed: 12, failed: 3',
  'bypass=true',
  'compass: north',
  'surpass=4',
  'spin: fast',
  'apiKeyHeader: "x-key-of-service"',
  'Key (user_id)=(42) is not present in table "users".',
  '<title>Overview</title>',
  'https://registry.example.com:4873/@scope/package',
  'https://registry.example.com/@scope/package',
  'tool --compass north --verbose',
  '["--max-tokens","4096"]',
  'https://example.com/path?page=2&sort=up#top',
  'GET https://api.example.com/v1/users/42 failed with 503',
  'postgres://db:5432/alfred',
  'http://[::1]:3000/livez',
  'file:///usr/src/app/index.js:10:15',
  'at Object.<anonymous> (/usr/src/app/node_modules/express/lib/router/layer.js:95:5)',
  'commit 0123456',
  'trace 4bf92f3577b34da6a3ce929d0e0e4736',
  'request 123e4567-e89b-12d3-a456-426614174000 took 12 ms',
  'version 1.2.3-beta.4+build.5',
  'Error: read ECONNRESET',
  'timeout of 5000ms exceeded',
  'Map<string, number> at line 12',
  'function sign(secret: string): string',
  'a pin is missing from the map',
  '4 of 16 cards were dealt',
  'order 4111-1111 was shipped',
  '2026-12-01 07:00:00.123',
  'phone +44 20 7946 0958',
  'mailto is not allowed',
  'user@host is missing',
  'sha256 of the file differs',
]

const redactor = createRedactor()

it('is a corpus of at least 300 secrets', () => {
  expect(leaking.length).toBeGreaterThanOrEqual(300)
  expect(new Set(leaking).size).toBe(leaking.length)
})

it('leaks none of them', () => {
  expect(leaking.map((text) => redactor.text(text)).filter((text) => text.includes(canary))).toEqual([])
})

it('leaves harmless texts as they are, but for 2 %', () => {
  const touched = harmless.filter((text) => redactor.text(text) !== text)
  expect(touched.length / harmless.length, touched.join('\n')).toBeLessThanOrEqual(0.02)
})

it.each(names)('takes the member %s out', (name) => {
  expect(JSON.stringify(redactor.value({ [name]: secret, [`my.${name}`]: [secret] }))).not.toContain(canary)
})

it.each([
  ['pairs of headers', [['x-api-key', secret]]],
  ['raw headers', ['Host', 'example.com', 'X-Api-Key', secret, 'cookie', secret]],
  ['arguments', ['--user', 'ada', '--password', secret]],
])('takes the value out of a list: %s', (_what, list) => {
  expect(JSON.stringify(redactor.value({ list }))).not.toContain(canary)
})

it.each([
  ['names of members', ['password', 'email']],
  ['flags', ['--verbose', '--max-tokens', '4096']],
])('keeps a list: %s', (_what, list) => {
  expect(redactor.value({ list })).toEqual({ list })
})

it.each([
  ['inputTokens', 120],
  ['tokenCount', 3],
  ['passwordRequired', true],
  ['session_ttl', 60],
  ['tokenType', 'Bearer'],
])('keeps the member %s', (name, value) => {
  expect(redactor.value({ [name]: value })).toEqual({ [name]: value })
})

it.each([
  ['a card', 'paid with 4111 1111 1111 1111', 'paid with [card]'],
  ['a number that is no card', 'order 4111 1111 1111 1112', 'order 4111 1111 1111 1112'],
  ['an account', 'to DE89 3704 0044 0532 0130 00 today', 'to [IBAN] today'],
  ['a social security number', 'ssn 078-05-1120', 'ssn [SSN]'],
])('takes out %s', (_what, text, expected) => {
  expect(redactor.text(text)).toBe(expected)
})
