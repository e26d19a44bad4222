import { createEventBus, noopLogger, systemClock } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { createFakeClock } from '@alfred/testkit'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import type { AlfredConfig } from './config/alfred-config.ts'
import type { buildLayers } from './build-layers.ts'
import { layerCloseTimeoutMs } from './layers/close-layers.ts'
import type { LayerKey } from './layers/layer-definition.ts'

/** What a layer's factory has to be given, and whether the layer has to be closed. */
interface Wire {
  readonly factory: string
  readonly given: readonly ('clock' | 'events' | 'logger' | 'publicOrigins' | 'trustProxy')[]
  readonly closes: boolean
}

const everything = ['logger', 'clock', 'events'] as const

/** Fails to compile while a layer has no row. */
const wires: Readonly<Record<LayerKey | 'head', Wire>> = {
  alerting: { factory: 'createAlerting', given: everything, closes: true },
  health: { factory: 'createHealth', given: everything, closes: true },
  metrics: { factory: 'createMetrics', given: everything, closes: true },
  head: { factory: 'createRequestHead', given: ['logger', 'events'], closes: false },
  tracing: { factory: 'createTracing', given: ['clock', 'trustProxy'], closes: false },
  headers: { factory: 'createSecurityHeaders', given: ['logger', 'trustProxy'], closes: false },
  cors: { factory: 'createCors', given: ['logger', 'events', 'trustProxy', 'publicOrigins'], closes: false },
  cspReports: { factory: 'createCspReports', given: [...everything, 'trustProxy'], closes: false },
  csrf: { factory: 'createCsrf', given: ['logger', 'events', 'trustProxy', 'publicOrigins'], closes: false },
  rateLimit: { factory: 'createRateLimiter', given: [...everything, 'trustProxy'], closes: true },
  requestLimits: { factory: 'createRequestLimits', given: ['logger', 'events'], closes: false },
  loadShedding: { factory: 'createLoadShedder', given: everything, closes: true },
  server: { factory: 'createServerHardening', given: everything, closes: false },
  bodyGuard: { factory: 'createBodyGuard', given: everything, closes: false },
  webhooks: { factory: 'createWebhookGuard', given: everything, closes: false },
  html: { factory: 'createHtmlSanitizer', given: ['logger', 'clock'], closes: true },
  markdown: { factory: 'createMarkdownRenderer', given: ['logger', 'clock'], closes: true },
  vault: { factory: 'createKeyVault', given: everything, closes: true },
  clientKeys: { factory: 'createClientKeys', given: [...everything, 'trustProxy'], closes: true },
}

const modules = {
  '@alfred/alerting': () => import('@alfred/alerting'),
  '@alfred/health': () => import('@alfred/health'),
  '@alfred/input-validation': () => import('@alfred/input-validation'),
  '@alfred/key-vault': () => import('@alfred/key-vault'),
  '@alfred/key-vault/client-keys': () => import('@alfred/key-vault/client-keys'),
  '@alfred/metrics': () => import('@alfred/metrics'),
  '@alfred/rate-limit': () => import('@alfred/rate-limit'),
  '@alfred/security-headers': () => import('@alfred/security-headers'),
  '@alfred/server': () => import('@alfred/server'),
  '@alfred/tracing': () => import('@alfred/tracing'),
  './request/request-head.ts': () => import('./request/request-head.ts'),
} as const

/** What each factory was called with. */
const given = new Map<string, Readonly<Record<string, unknown>>>()
const closed: string[] = []
/** Layers that are not ready before the test says so. */
let whenReady: (factory: string) => Promise<void> = () => Promise.resolve()

/** Layers that fail to close, or never do. */
let whenClosed: (factory: string) => Promise<void> = () => Promise.resolve()

/** The layer that a factory built, with `close` and `ready` noted. Its own may be frozen. */
const watched = (factory: string, layer: object): object =>
  new Proxy(typeof layer === 'function' ? () => undefined : {}, {
    apply: (_target, self, parameters) => Reflect.apply(layer as () => unknown, self, parameters) as unknown,
    get(_target, key): unknown {
      const value: unknown = Reflect.get(layer, key)
      if (key === 'ready') return () => whenReady(factory)
      if (key !== 'close' || typeof value !== 'function') return value
      return async () => {
        closed.push(factory)
        await (Reflect.apply(value, layer, []) as Promise<void>)
        await whenClosed(factory)
      }
    },
  })

const isFactory = (entry: readonly [string, unknown]): entry is [string, (options: object) => object] =>
  /^create(?!Memory|Operations)/.test(entry[0]) && typeof entry[1] === 'function'

/** Reads `buildLayers` with factories that note what they are given. */
async function watchedBuildLayers(): Promise<typeof buildLayers> {
  for (const [name, load] of Object.entries(modules)) {
    const real = await load()
    const factories = Object.entries(real)
      .filter(isFactory)
      .map(([factory, create]) => [
        factory,
        (options: Readonly<Record<string, unknown>>) => {
          given.set(factory, options)
          return watched(factory, create(options))
        },
      ])
    vi.doMock(name, () => ({ ...real, ...(Object.fromEntries(factories) as object) }))
  }
  vi.resetModules()
  return (await import('./build-layers.ts')).buildLayers
}

const build = await watchedBuildLayers()
afterAll(() => {
  for (const name of Object.keys(modules)) vi.doUnmock(name)
  vi.resetModules()
})
beforeEach(() => {
  given.clear()
  closed.length = 0
  whenReady = () => Promise.resolve()
  whenClosed = () => Promise.resolve()
})

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
const shared = {
  logger: { ...noopLogger },
  clock: { ...systemClock },
  events: createEventBus(noopLogger),
  trustProxy: 1,
  publicOrigins: ['https://app.example.com'],
} as const
const everyLayer = (): AlfredConfig => ({
  ...shared,
  alerting: { errorTracker: { sinks: [] } },
  cors: { origin: ['https://app.example.com'] },
  cspReports: true,
  loadShedding: true,
  html: true,
  markdown: true,
  vault: { store: createMemoryVaultStore(), keyEncryptionKey },
  clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey },
  webhooks: { endpoints: [{ path: '/hooks', signature: 'github', secrets: ['a-secret-of-github'] }] },
})

const rows = Object.entries(wires)
const closing = rows.filter(([, { closes }]) => closes).map(([, { factory }]) => factory)

it.each(rows)('%s receives what is said once for all', async (_layer, { factory, given: expected }) => {
  const { life, shared: resolved } = build(everyLayer())
  const options = given.get(factory)
  await life.close()
  for (const name of expected) expect(options?.[name], name).toBe(resolved[name])
})

it('closes each layer once, the last that was opened first', async () => {
  const { life } = build(everyLayer())
  await Promise.all([life.close(), life.close()])
  expect(closed.toSorted()).toEqual(closing.toSorted())
  expect(closed.at(-1)).toBe('createAlerting')
})

it('closes every layer when the configuration is refused', async () => {
  expect(() => build({ ...everyLayer(), bodyGuard: { maxBytes: -1 } })).toThrow('bodyGuard.maxBytes')
  await vi.waitFor(() => {
    expect(closed.toSorted()).toEqual(closing.toSorted())
  })
})

it.each(['createKeyVault', 'createClientKeys', 'createHtmlSanitizer', 'createMarkdownRenderer'])(
  'is ready when %s has made its layer ready, and not before',
  async (late) => {
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    whenReady = (factory) => (factory === late ? released : Promise.resolve())
    const { life } = build(everyLayer())
    let isReady = false
    const ready = life.ready().then(() => {
      isReady = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(isReady).toBe(false)
    release()
    await ready
    await life.close()
  },
)

it('closes the other layers beside one that fails and one that hangs, and says so', async () => {
  const clock = createFakeClock()
  const errors: string[] = []
  const logger = { ...noopLogger, error: (_fields: object, message: string) => void errors.push(message) }
  whenClosed = (factory) => {
    if (factory === 'createKeyVault') return Promise.reject(new Error('the disk is full'))
    return factory === 'createHtmlSanitizer' ? new Promise(() => undefined) : Promise.resolve()
  }
  const { life } = build({ ...everyLayer(), clock, logger })
  const ended = life.close().then(
    () => 'closed',
    (error: unknown) => String(error),
  )
  await vi.waitFor(() => {
    expect(closed.at(-1)).toBe('createHtmlSanitizer')
  })
  clock.advance(layerCloseTimeoutMs)
  expect(await ended).toBe('Error: the disk is full')
  expect(closed.toSorted()).toEqual(closing.toSorted())
  expect(errors).toContain('a layer did not close in time')
})

it('says that limits per user count addresses where nobody is known', async () => {
  const warnings: unknown[] = []
  const logger = { ...noopLogger, warn: (fields: object, _message: string) => void warnings.push(fields) }
  const policies = [{ name: 'chat', limit: 1, windowMs: 1000, key: 'user' }] as const
  for (const config of [
    { rateLimit: { policies } },
    { rateLimit: { policies }, identify: () => 'somebody' },
    { rateLimit: {} },
  ]) {
    await build({ ...config, logger }).life.close()
  }
  expect(warnings).toEqual([{ policies: ['chat'] }])
})
