import { AlfredConfigError } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryStore } from '@alfred/rate-limit'
import { expect, it } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import { alfredHardening } from './alfred-hardening.ts'
import { fromEnv } from './config/from-env.ts'
import { memoryClientKeyStore } from '../test/integration/callback-faults/memory-client-key-store.ts'

const app = 'https://app.example.com'
const policy = { name: 'a', limit: 1, windowMs: 60_000, key: 'address' }
const limits = (...policies: readonly object[]): object => ({ rateLimit: { policies } })
const cors = (options: object): object => ({ cors: { origin: [app], ...options } })
const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 1).toString('base64'))
const vault = (options: object): object => ({
  vault: { store: createMemoryVaultStore(), keyEncryptionKey, ...options },
})
const clientKeys = (options: object): object => ({
  clientKeys: { store: memoryClientKeyStore(), keyEncryptionKey, ...options },
})
const check = { name: 'database', check: () => Promise.resolve() }
const sink = { name: 'a', deliver: () => Promise.resolve() }

class Settings {
  readonly trustProxy = 1
}

/** What people get wrong, each as it was written, and after it the whole text that it is answered with. */
const mistakes: Readonly<Record<string, unknown>> = {
  // The configuration as a whole.
  'no configuration: null': null,
  'a list': [],
  'a text': 'production',
  'a class instance': new Settings(),
  'a Map': new Map([['trustProxy', 1]]),
  'inherited options': Object.create({ trustProxy: 1 }) as unknown,
  'a misspelt layer': { rateLimits: {} },
  'a symbol as a key': { [Symbol('cors')]: {} },
  '__proto__ of JSON': JSON.parse('{"__proto__":{"cors":false}}') as unknown,
  'a key of Object.prototype': { constructor: 1 },
  'a switch at the top': { enabled: true },
  'helmet at the top': { helmet: { hsts: false } },
  'a preset of the headers at the top': { preset: 'spa' },
  'origins at the top': { origins: [app] },
  'windowMs and max at the top': { windowMs: 60_000, max: 100 },
  'trust proxy as Express has it': { 'trust proxy': 1 },
  'a body limit at the top': { bodyLimit: '1mb' },
  'a DSN at the top': { dsn: 'https://a@b.example/1' },
  // Layers.
  'headers: null': { headers: null },
  'cors: null': { cors: null },
  'cors: true': { cors: true },
  'cors: a text': { cors: app },
  'cors: a list': { cors: [app] },
  'csrf: 1': { csrf: 1 },
  'vault: true': { vault: true },
  'clientKeys: true': { clientKeys: true },
  'alerting: true': { alerting: true },
  'server: false': { server: false },
  'rateLimit: a Redis URL': { rateLimit: 'redis://:secret@redis:6379' },
  'rateLimit: a Map': { rateLimit: new Map() },
  'health: switched off inside': { health: { enabled: false } },
  'bodyGuard: switched off inside': { bodyGuard: { disabled: true } },
  'a logger inside a layer': { csrf: { logger: console } },
  // Shared options.
  'trustProxy: true': { trustProxy: true },
  'trustProxy: a number in quotes': { trustProxy: '1' },
  'identify: async': { identify: async () => Promise.resolve('u') },
  'identify: no function': { identify: 'user' },
  'logger: without methods': { logger: {} },
  'onError: an object': { onError: {} },
  'allowedHosts: a text': { allowedHosts: 'app.example.com' },
  // Headers.
  'headers: a misspelt header': { headers: { contentSecurtyPolicy: false } },
  'headers: a preset there is not': { headers: { preset: 'aip' } },
  'headers: one header by two names': { headers: { hsts: false, strictTransportSecurity: true } },
  'headers: a Map of directives': { headers: { contentSecurityPolicy: { directives: new Map() } } },
  'headers: a directive without quotes': {
    headers: { contentSecurityPolicy: { directives: { scriptSrc: ['self'] } } },
  },
  'headers: preload with a short time': { headers: { hsts: { maxAge: 60, preload: true } } },
  'headers: a time in quotes': { headers: { hsts: { maxAge: '31536000' } } },
  'headers: feature policy': { headers: { featurePolicy: {} } },
  'headers: an override of nothing': { headers: { overrides: [{ path: '/embed' }] } },
  // CORS.
  'cors: without an origin': { cors: {} },
  'cors: origins': { cors: { origins: [app] } },
  'cors: every origin by true': { cors: { origin: true } },
  'cors: an origin with a slash': cors({ origin: `${app}/` }),
  'cors: an origin with a path': cors({ origin: `${app}/login?token=secret` }),
  'cors: an origin in capitals': cors({ origin: 'https://App.example.com' }),
  'cors: null as an origin': cors({ origin: ['null'] }),
  'cors: a host alone': cors({ origin: ['app.example.com'] }),
  'cors: a callback': cors({
    origin: (_origin: string, callback: (error: null, allow: boolean) => void) => {
      callback(null, true)
    },
  }),
  'cors: a loose expression': cors({ origin: /^https:\/\/.*example\.com$/ }),
  'cors: an expression without anchors': cors({ origin: /example\.com/ }),
  'cors: an expression with a loose dot': cors({ origin: /^https:\/\/app.example.com$/ }),
  'cors: a public suffix': cors({ origin: 'https://*.co.uk' }),
  'cors: a hosting service': cors({ origin: ['https://*.github.io'] }),
  'cors: a top-level domain': cors({ origin: ['https://*.com'] }),
  'cors: everybody with credentials': cors({ origin: '*', credentials: true }),
  'cors: plain HTTP with credentials': cors({ origin: ['http://app.example.com'], credentials: true }),
  'cors: every header with credentials': cors({ allowedHeaders: ['*'], credentials: true }),
  'cors: exposed headers as a text': cors({ exposedHeaders: 'X-Total' }),
  'cors: methods in small letters': cors({ methods: ['get'] }),
  'cors: a misspelt method': cors({ methods: ['GET', 'GETT'] }),
  'cors: a method with a space': cors({ methods: ['GET POST'] }),
  'cors: a method that browsers never send': cors({ methods: ['TRACE'] }),
  'cors: a time-out of no function': cors({ originTimeoutMs: 500 }),
  'cors: an origin of WebSockets': cors({ origin: ['wss://app.example.com'] }),
  'cors: every origin of WebSockets': cors({ origin: 'wss://*.example.com' }),
  'cors: no methods': cors({ methods: [] }),
  'cors: a time in milliseconds': cors({ maxAge: 600_000 }),
  'cors: a status of failure': cors({ optionsSuccessStatus: 400 }),
  // CSRF.
  'csrf: a secret': { csrf: { getSecret: () => 's' } },
  'csrf: a cookie': { csrf: { cookie: true } },
  'csrf: everything trusted': { csrf: { trustedOrigins: ['*'] } },
  'csrf: a mode there is not': { csrf: { mode: 'reports' } },
  'csrf: options for isolation': { csrf: { resourceIsolation: { exept: '/a' } } },
  'csrf: every path by a name': { csrf: { bypass: '/:a/*' } },
  'csrf: every path by two names': { csrf: { bypass: ['/:a', '/:a/*'] } },
  'csrf: an origin of WebSockets': { csrf: { trustedOrigins: ['wss://app.example.com'] } },
  // Rate limits.
  'rateLimit: a window at the top of it': { rateLimit: { windowMs: 60_000, max: 100 } },
  'rateLimit: points and duration': limits({ ...policy, points: 5, duration: 60 }),
  'rateLimit: a key generator': limits({ ...policy, keyGenerator: () => 'a' }),
  'rateLimit: no policies': limits(),
  'rateLimit: two policies of one name': limits(policy, policy),
  'rateLimit: a limit of 0': limits({ ...policy, limit: 0 }),
  'rateLimit: a negative limit': limits({ ...policy, limit: -1 }),
  'rateLimit: an infinite limit': limits({ ...policy, limit: Infinity }),
  'rateLimit: a limit in quotes': limits({ ...policy, limit: '100' }),
  'rateLimit: a window in words': limits({ ...policy, windowMs: '15m' }),
  'rateLimit: a key there is not': limits({ ...policy, key: 'ip' }),
  'rateLimit: a policy of nothing': limits({}),
  'rateLimit: a cost that never passes': limits({ ...policy, cost: 2 }),
  'rateLimit: a burst without use': limits({ ...policy, algorithm: 'fixed-window', burst: 5 }),
  'rateLimit: a policy as an object': { rateLimit: { policies: policy } },
  'rateLimit: a hole in the policies': { rateLimit: { policies: new Array(1) } },
  'rateLimit: Redis as a text': { rateLimit: { redis: 'redis://:secret@redis:6379' } },
  'rateLimit: Redis: null': { rateLimit: { redis: null } },
  'rateLimit: Redis without a place': { rateLimit: { redis: {} } },
  'rateLimit: Redis and a store': { rateLimit: { redis: { url: 'redis://a' }, store: createMemoryStore() } },
  'rateLimit: two places of Redis': { rateLimit: { redis: { url: 'redis://a', cluster: ['redis://b'] } } },
  'rateLimit: a certificate without its key': {
    rateLimit: { redis: { url: 'redis://a', tls: { cert: '-----BEGIN CERTIFICATE-----' } } },
  },
  'rateLimit: allowed and denied': { rateLimit: { allow: ['10.0.0.0/8'], deny: ['10.0.0.0/8'] } },
  'rateLimit: no address': { rateLimit: { deny: ['localhost'] } },
  'rateLimit: bans that get shorter': { rateLimit: { bans: { firstMs: 60_000, maxMs: 1000 } } },
  'rateLimit: a ban for a status of success': { rateLimit: { bans: { statuses: { 200: 1 } } } },
  'rateLimit: a plan by name': limits({ ...policy, plan: 'free' }),
  // Load and server.
  'loadShedding: nothing to look at': { loadShedding: { maxEventLoopDelayMs: false } },
  'loadShedding: everything exempt by a name': { loadShedding: { exempt: ['/status', '/:a/:b/*'] } },
  'loadShedding: 0 requests': { loadShedding: { maxInFlight: 0 } },
  'server: a misspelt time': { server: { headerTimeoutMs: 1000 } },
  'server: headers later than the request': { server: { headersTimeoutMs: 5000, requestTimeoutMs: 1000 } },
  'server: an exemption from no limit': { server: { exempt: ['10.0.0.0/8'] } },
  'server: half a connection': { server: { maxConnections: 0.5 } },
  // Bodies and queries.
  'bodyGuard: a size in words': { bodyGuard: { maxBytes: '1mb' } },
  'bodyGuard: limit': { bodyGuard: { limit: '1mb' } },
  'bodyGuard: forms': { bodyGuard: { contentTypes: ['application/x-www-form-urlencoded'] } },
  'bodyGuard: multipart': { bodyGuard: { contentTypes: ['application/json', 'multipart/form-data'] } },
  'bodyGuard: lines of JSON': { bodyGuard: { contentTypes: ['application/x-ndjson'] } },
  'bodyGuard: a type with parameters': { bodyGuard: { contentTypes: ['application/json; charset=utf-8'] } },
  'bodyGuard: no types': { bodyGuard: { contentTypes: [] } },
  'bodyGuard: everything exempt': { bodyGuard: { skip: '/' } },
  'bodyGuard: everything exempt by a name': { bodyGuard: { skip: '/:a/*' } },
  'requestLimits: a list of names': { requestLimits: { repeatedByName: ['tag'] } },
  'requestLimits: __proto__': {
    requestLimits: { repeatedByName: JSON.parse('{"__proto__":"list"}') as unknown },
  },
  'requestLimits: whitelist': { requestLimits: { whitelist: ['tag'] } },
  // Text.
  'html: a profile there is not': { html: { policy: { profiles: ['HTML'] } } },
  'html: no threads': { html: { workers: 0 } },
  'markdown: an origin with a path': { markdown: { linkOrigins: [`${app}/docs`] } },
  'markdown: one origin alone': { markdown: { linkOrigins: app } },
  // Keys.
  'vault: without a store': { vault: { keyEncryptionKey } },
  'vault: a path as a store': vault({ store: '.data/keys.vault' }),
  'vault: a key as text': vault({ keyEncryptionKey: 'c2VjcmV0' }),
  'vault: a provider in capitals': vault({ providers: { OpenAI: {} } }),
  'vault: a short lease': vault({ leaseMs: 1000 }),
  'clientKeys: nothing but paths': { clientKeys: { required: '/api' } },
  'clientKeys: no path at all': clientKeys({ required: [] }),
  'clientKeys: every path by a name': clientKeys({ optional: '/:a/*' }),
  'clientKeys: all that is required is optional': clientKeys({ required: '/api', optional: '/api/*' }),
  'clientKeys: all that is required by default is optional': clientKeys({ optional: ['/status', '/api/*'] }),
  // Health and metrics.
  'health: a probe on the path of metrics': { health: { paths: { health: '/metrics' } } },
  'health: a probe on the path of metrics, in capitals': { health: { paths: { health: '/Metrics/' } } },
  'health: two probes on one path': { health: { paths: { liveness: '/up', readiness: '/up' } } },
  'health: a page on a probe': { health: { statusPage: { path: '/readyz' } } },
  'health: a probe on the events of the page': {
    health: { statusPage: { path: '/status' }, paths: { health: '/status/events' } },
  },
  'health: a path beyond ASCII': { health: { paths: { liveness: '/l\u00e4uft' } } },
  'health: a pattern': { health: { paths: { liveness: '/:probe', readiness: '/ready/*' } } },
  'health: a page on a dot segment': { health: { statusPage: { path: '/a/../status' } } },
  'health: two checks of one name': { health: { checks: [check, check] } },
  'health: a check with a name of the stack': {
    health: { checks: [{ ...check, name: 'rate-limit-store' }] },
    rateLimit: { store: createMemoryStore() },
  },
  'health: a check as a function': { health: { checks: [() => true] } },
  'health: details: true': { health: { details: true } },
  'metrics: on a probe': { metrics: { path: '/livez' } },
  'metrics: reports on its path': { cspReports: { path: '/metrics' } },
  'metrics: an encoded path': { metrics: { path: '/%6detrics' } },
  'metrics: a pattern': { metrics: { path: '/metrics/*' } },
  'metrics: a path with an empty segment': { metrics: { path: '//metrics' } },
  'cspReports: a pattern': { cspReports: { path: '/reports/:kind' } },
  'metrics: a short token': { metrics: { access: { token: 'secret' } } },
  'metrics: two ways in': { metrics: { access: { token: 'a-long-enough-token', cidrs: ['10.0.0.0/8'] } } },
  'metrics: http: null': { metrics: { http: null } },
  'metrics: buckets that fall': { metrics: { http: { buckets: [2, 1] } } },
  'metrics: default metrics': { metrics: { collectDefaultMetrics: true } },
  'tracing: a sampler': { tracing: { sampler: {} } },
  'tracing: a path without a slash': { tracing: { ignore: 'metrics' } },
  // Alerting.
  'alerting: a DSN': { alerting: { dsn: 'https://a@b.example/1' } },
  'alerting: a tracker without sinks': { alerting: { errorTracker: { maxPerMinute: 0 } } },
  'alerting: a dispatcher that is null': { alerting: { dispatcher: null } },
  'alerting: two sinks of one name': { alerting: { errorTracker: { sinks: [sink, sink] } } },
  // Variables.
  'ALLOWED_ORIGINS with a slash': fromEnv({ ALLOWED_ORIGINS: `${app}, https://b.example/` }),
  'ALLOWED_ORIGINS of everybody, with credentials': fromEnv(
    { ALLOWED_ORIGINS: '*' },
    { cors: { origin: [], credentials: true } },
  ),
  'TRUST_PROXY of words': fromEnv({ TRUST_PROXY: 'nginx' }),
  'TRUST_PROXY: true': fromEnv({ TRUST_PROXY: 'true' }),
  'REDIS_URL of another scheme': fromEnv({ REDIS_URL: 'https://:secret@redis' }),
  'REDIS_URL beside a store': fromEnv(
    { REDIS_URL: 'redis://:secret@redis' },
    { rateLimit: { store: createMemoryStore() } },
  ),
  'DENY_ADDRESSES of names': fromEnv({ DENY_ADDRESSES: 'localhost' }),
  'ALLOW_ADDRESSES and DENY_ADDRESSES': fromEnv({ ALLOW_ADDRESSES: '10.0.0.1', DENY_ADDRESSES: '10.0.0.1' }),
  'an allow list that holds the internet': { rateLimit: { allow: ['10.0.0.0/8', '0.0.0.0/0'] } },
  'metrics for the internet': { metrics: { access: { cidrs: ['::/0'] } } },
  'connections of the internet exempt': { server: { maxConnectionsPerAddress: 9, exempt: ['0.0.0.0/1'] } },
  'probe paths as lightship has them': { health: { paths: { live: '/live', ready: '/ready' } } },
  'probe paths as Kubernetes has them': { health: { paths: { livez: '/livez', readyz: '/readyz' } } },
  'TRUST_PROXY of too many hops': fromEnv({ TRUST_PROXY: '99' }),
  'TRUST_PROXY of a comma': fromEnv({ TRUST_PROXY: ',' }),
  'METRICS_TOKEN that is short': fromEnv({ METRICS_TOKEN: 'secret' }),
  'a variable in a configuration that was spread': {
    ...fromEnv({ METRICS_TOKEN: 'secret' }),
    headers: false,
  },
}

function answerTo(config: unknown): string {
  try {
    void alfredHardening(config as AlfredConfig).close()
    return 'accepted'
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) throw error
    return error.message
  }
}

it.each(Object.entries(mistakes))('%s', (_what, config) => {
  const answer = answerTo(config)
  expect(answer).not.toBe('accepted')
  expect(answer).not.toContain('secret@')
  expect(answer).toMatchSnapshot()
})

it('are a hundred and more', () => {
  expect(Object.keys(mistakes).length).toBeGreaterThan(100)
})
