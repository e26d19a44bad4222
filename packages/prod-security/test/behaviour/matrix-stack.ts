import type { ServerResponse } from 'node:http'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createClientKeys, createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { type AlfredConfig, alfredHardening } from '../../src/index.ts'
import { type HostName, hosts, serve } from '../support/hosts.ts'

/** The layers that the matrix switches. */
export const layerNames = [
  'tracing',
  'metrics',
  'headers',
  'cors',
  'health',
  'cspReports',
  'csrf',
  'loadShedding',
  'clientKeys',
  'rateLimit',
  'requestLimits',
  'bodyGuard',
  'alerting',
] as const

export type LayerName = (typeof layerNames)[number]

/** The origin that CORS allows. */
export const friend = 'https://friend.example'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
// One store for all guards: it outlives each of them.
const store = { ...createMemoryClientKeyStore(), close: () => Promise.resolve() }

/** Makes a client's key that every stack of the matrix accepts. */
export async function createKey(): Promise<string> {
  const keys = createClientKeys({ store, keyEncryptionKey })
  const { secret } = await keys.create({ name: 'matrix' })
  await keys.close()
  return secret.reveal()
}

const all = { name: 'all', limit: 1000, windowMs: 60_000, key: 'address' } as const

/** What each layer is when it is on. */
const configured = {
  tracing: true,
  metrics: true,
  headers: true,
  cors: { origin: [friend] },
  health: true,
  cspReports: { path: '/csp-reports' },
  csrf: true,
  loadShedding: { maxEventLoopDelayMs: false, maxInFlight: 1 },
  clientKeys: { store, keyEncryptionKey, required: '/api' },
  rateLimit: { policies: [all, { ...all, name: 'limited', limit: 1, match: '/limited' }] },
  requestLimits: true,
  bodyGuard: { maxBytes: 1000 },
  alerting: {},
} satisfies Pick<AlfredConfig, LayerName>

/** A served stack. */
export interface MatrixStack {
  readonly port: number
  /** The samples that the metrics layer counted of requests, by their status. */
  counted(): Promise<Readonly<Record<string, number>>>
  /** Answers what waits on `/slow`; rejects while nothing does. */
  release(): void
  /** Resolves when a request waits on `/slow`. */
  waiting(): Promise<void>
  close(): Promise<void>
}

/** Serves a stack of exactly the layers of `on`. */
export async function startStack(host: HostName, on: ReadonlySet<LayerName>): Promise<MatrixStack> {
  const layers = layerNames.map((name) => [name, on.has(name) ? configured[name] : false])
  const guard = alfredHardening(Object.fromEntries(layers) as AlfredConfig)
  await guard.ready()
  let slow: ServerResponse | undefined
  let arrived: () => void = () => undefined
  const answers = (_request: unknown, response: ServerResponse): void => {
    response.end('route')
  }
  const served = await serve(
    hosts[host](guard, {
      '/page': answers,
      '/form': answers,
      '/limited': answers,
      '/api/item': answers,
      '/fails': () => {
        throw new Error('a fault')
      },
      '/slow': (_request, response) => {
        slow = response
        arrived()
      },
    }),
  )
  return {
    port: served.port,
    async counted() {
      const counts: Record<string, number> = {}
      const { body } = await guard.metrics.expose()
      for (const [, code = '', count] of body.matchAll(
        /^http_server_requests_total\{.*code="(\d+)".*\} (\d+)$/gm,
      )) {
        counts[code] = (counts[code] ?? 0) + Number(count)
      }
      return counts
    },
    release() {
      if (slow === undefined) throw new Error('nothing waits on /slow')
      slow.end('route')
    },
    waiting: () =>
      new Promise((resolve) => {
        if (slow === undefined) arrived = resolve
        else resolve()
      }),
    async close() {
      await served.close()
      await guard.close()
    },
  }
}
