import { createServer } from 'node:http'
import { AlfredConfigError, createEventBus, noopLogger, systemClock } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { expect, it } from 'vitest'
import type { AlfredConfig } from './alfred-config.ts'
import { alfredHardening } from '../alfred-hardening.ts'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))

/** Every layer, with the options it cannot do without. */
const layers = {
  headers: {},
  cspReports: {},
  cors: { origin: 'https://app.example.com' },
  csrf: {},
  rateLimit: {},
  requestLimits: {},
  loadShedding: {},
  server: {},
  bodyGuard: {},
  webhooks: { endpoints: [{ path: '/hooks', signature: 'github', secrets: ['a-secret-of-github'] }] },
  clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey },
  html: {},
  markdown: {},
  vault: { store: createMemoryVaultStore(), keyEncryptionKey },
  health: {},
  metrics: {},
  tracing: {},
  alerting: {},
} satisfies Partial<AlfredConfig>

const given = {
  trustProxy: false,
  publicOrigins: ['https://app.example.com'],
  logger: noopLogger,
  events: createEventBus(noopLogger),
  clock: systemClock,
} as const

function problemsOf(construct: () => unknown): unknown {
  try {
    construct()
  } catch (error) {
    if (error instanceof AlfredConfigError)
      return error.problems.map(({ path, code, message }) => [path, code, message.replace(/\..*$|,.*$/, '')])
    throw error
  }
  return []
}

const belongs = (path: string, place: string): readonly string[] => [
  path,
  'ALFRED_CONFIG_CONFLICT',
  `${path.split('.').at(-1) ?? ''} belongs ${place}`,
]

it.each(
  Object.keys(layers).flatMap((layer) => Object.keys(given).map((name): [string, string] => [layer, name])),
)('%s.%s is said at the top', (layer, name) => {
  const own = layers[layer as keyof typeof layers]
  const config = { [layer]: { ...own, [name]: given[name as keyof typeof given] } }
  expect(problemsOf(() => alfredHardening(config))).toEqual([
    belongs(`${layer}.${name}`, 'at the top of the configuration'),
  ])
})

it.each<[object, readonly string[]]>([
  [
    { rateLimit: { redis: { url: 'redis://127.0.0.1:1', logger: noopLogger } } },
    belongs('rateLimit.redis.logger', 'at the top of the configuration'),
  ],
  [
    { alerting: { errorTracker: { clock: systemClock } } },
    belongs('alerting.errorTracker.clock', 'beside errorTracker and dispatcher; with alfredHardening'),
  ],
  [
    { alerting: { dispatcher: { service: 'shop' } } },
    belongs('alerting.dispatcher.service', 'beside errorTracker and dispatcher'),
  ],
])('so is what is inside of a part: %o', (config, expected) => {
  expect(problemsOf(() => alfredHardening(config))).toEqual([expected])
})

it('is said once, and then every layer has it', async () => {
  const guard = alfredHardening({ ...given, ...layers })
  await guard.close()
})

it.each(['clock', 'events', 'logger', 'health'])('a drain takes no %s of its own', async (name) => {
  const guard = alfredHardening()
  const options: object = { [name]: name === 'health' ? guard.health : given[name as keyof typeof given] }
  const place =
    name === 'health'
      ? 'to the guard: configure it as health of alfredHardening'
      : 'at the top of the configuration of alfredHardening'
  expect(problemsOf(() => guard.drainOnSignals(createServer(), options))).toEqual([
    belongs(`drainOnSignals.${name}`, place),
  ])
  await guard.close()
})
