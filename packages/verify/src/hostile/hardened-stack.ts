import { randomBytes } from 'node:crypto'
import { type Clock, type Logger, systemClock } from '@alfred/core'
import { createMemoryVaultStore, createRedisVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { alfredHardening } from '@alfred/prod-security'
import { markers } from './requests/markers.ts'

/** Where the stack notes what leaves it. */
export interface StackSurroundings {
  readonly logger: Logger
  /** Called with every span, error report, alert and event that leaves the stack. */
  readonly note: (what: unknown) => void
  /** Counts are kept here and in memory without it. */
  readonly redisUrl: string | undefined
}

/** Keeps the timers of a stack that have neither fired nor been cancelled. */
function createCountingClock(): { readonly clock: Clock; readonly pending: () => string[] } {
  const pending = new Set<{ readonly setBy: string }>()
  return {
    clock: {
      ...systemClock,
      setTimeout(callback, delayMs) {
        const entry = { setBy: `${String(delayMs)} ms ${new Error('set').stack ?? ''}` }
        pending.add(entry)
        const timer = systemClock.setTimeout(() => {
          pending.delete(entry)
          callback()
        }, delayMs)
        return {
          cancel() {
            pending.delete(entry)
            timer.cancel()
          },
        }
      },
    },
    pending: () => Array.from(pending, ({ setBy }) => setBy),
  }
}

/** Builds a stack with every layer that a request meets, secrets planted in all of them, and limits that a run of seconds can meet. */
export async function createHardenedStack({ logger, note, redisUrl }: StackSurroundings) {
  const { clock, pending } = createCountingClock()
  const sink = {
    name: 'noting',
    deliver(item: unknown) {
      note(item)
      return Promise.resolve()
    },
  }
  const tracerProvider = new TracerProvider({
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd({ name, attributes, events, status }) {
          note({ name, attributes, events, status })
        },
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  const keyEncryptionKey = keyEncryptionKeyFromBase64(randomBytes(32).toString('base64'))
  const perMinute = { windowMs: 60_000 } as const
  const guard = alfredHardening({
    logger,
    clock,
    trustProxy: 1,
    identify: (request) => (request.headers['x-user'] === undefined ? undefined : 'user-1'),
    cspReports: { reportsPerSecond: 500 },
    cors: { origin: ['https://app.example.com'], credentials: true },
    rateLimit: {
      policies: [
        { name: 'all', limit: 1_000_000, ...perMinute, key: 'address' },
        { name: 'users', limit: 1_000_000, ...perMinute, key: 'user', match: '/api' },
        { name: 'narrow', limit: 3, ...perMinute, key: 'address', match: '/narrow' },
        { name: 'late', algorithm: 'concurrency', limit: 500, ...perMinute, key: 'network', match: '/later' },
      ],
      deny: ['198.51.100.0/24'],
      bans: true,
      ...(redisUrl === undefined ? {} : { redis: { url: redisUrl } }),
    },
    loadShedding: { maxEventLoopDelayMs: 2000, maxInFlight: 1000 },
    server: {
      headersTimeoutMs: 1000,
      requestTimeoutMs: 2000,
      keepAliveTimeoutMs: 1000,
      connectionsCheckingIntervalMs: 100,
    },
    bodyGuard: { timeoutMs: 1500, skip: ['/form', '/upload'] },
    clientKeys: {
      store: createMemoryClientKeyStore(),
      keyEncryptionKey,
      invalidLimit: { limit: 200, windowMs: 60_000 },
    },
    vault: {
      keyEncryptionKey,
      store:
        redisUrl === undefined
          ? createMemoryVaultStore()
          : createRedisVaultStore({ url: redisUrl, name: randomBytes(6).toString('hex'), timeoutMs: 30_000 }),
    },
    metrics: { access: { token: `${markers.planted}${randomBytes(8).toString('hex')}` } },
    tracing: { tracerProvider },
    alerting: { errorTracker: { sinks: [sink] }, dispatcher: { sinks: [sink] } },
  })
  await guard.ready()
  await guard.vault.promote('openai', await guard.vault.stage('openai', `sk-${markers.planted}`))
  const { secret } = await guard.clientKeys.create({ name: 'hostile' })
  return { guard, clientKey: secret.reveal(), pendingTimers: pending }
}

/** The stack under test. */
export type HardenedStack = Awaited<ReturnType<typeof createHardenedStack>>['guard']
