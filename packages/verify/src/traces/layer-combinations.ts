import type { AlfredConfig } from '@alfred/prod-security'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'

/** One way to switch the layers that a request may have to wait for. */
export interface LayerCombination {
  readonly name: string
  readonly config: AlfredConfig
  readonly needsKey: boolean
}

const policies = [
  { name: 'requests', limit: 1_000_000, windowMs: 60_000, key: 'address' },
  { name: 'open', algorithm: 'concurrency', limit: 500, windowMs: 30_000, key: 'address' },
] as const

const trustedOrigin = 'https://app.example.com'

/** Every combination of body guard, client keys, CORS and rate limiter: on and off, and where they keep what they know. */
export function layerCombinations(redisUrl: string): readonly LayerCombination[] {
  const limits: Readonly<Record<string, AlfredConfig['rateLimit']>> = {
    'no limits': false,
    'limits in memory': { policies },
    'limits in Redis': { policies, redis: { url: redisUrl } },
  }
  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))
  const onOff = [false, true]
  return Object.entries(limits).flatMap(([limit, rateLimit]) =>
    onOff.flatMap((keys) =>
      onOff.flatMap((cors) =>
        onOff.map((body) => ({
          name: [limit, keys && 'client keys', cors && 'CORS', body && 'body guard']
            .filter(Boolean)
            .join(', '),
          needsKey: keys,
          config: {
            rateLimit,
            bodyGuard: body && { skip: '/upload/*' },
            loadShedding: { maxInFlight: 1000, maxEventLoopDelayMs: false },
            csrf: { trustedOrigins: [trustedOrigin] },
            cors: cors ? { origin: (origin) => Promise.resolve(origin === trustedOrigin) } : undefined,
            // Two keys are remembered, so that of three each is looked up in the store.
            clientKeys: keys
              ? { store: createMemoryClientKeyStore(), keyEncryptionKey, required: '/', maxCachedKeys: 2 }
              : undefined,
          },
        })),
      ),
    ),
  )
}

/** The headers of a cross-origin request that the combinations allow. */
export const crossOriginHeaders = { origin: trustedOrigin }
