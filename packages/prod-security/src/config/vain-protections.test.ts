import { AlfredConfigError } from '@alfred/core'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { expect, it } from 'vitest'
import { alfredHardening } from '../alfred-hardening.ts'
import type { AlfredConfig } from './alfred-config.ts'

const keys = (required: string | readonly string[]): AlfredConfig => ({
  clientKeys: {
    store: createMemoryClientKeyStore(),
    keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64')),
    required,
  },
})

const limit = (match: string | readonly string[]): AlfredConfig => ({
  rateLimit: { policies: [{ name: 'p', limit: 1, windowMs: 1000, key: 'address', match }] },
})

function problemsOf(config: AlfredConfig): readonly string[] {
  try {
    void alfredHardening(config).close()
    return []
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) throw error
    return error.problems.map(({ path, code }) => `${path} ${code}`)
  }
}

const ofKeys = ['clientKeys.required ALFRED_CONFIG_CONFLICT']
const ofLimit = ['rateLimit.policies[0].match ALFRED_CONFIG_CONFLICT']

it.each<[string, AlfredConfig, readonly string[]]>([
  ['a key for /metrics', keys(['/api', '/metrics']), ofKeys],
  ['in another case, with a slash', keys('/Metrics/'), ofKeys],
  ['a key for the details of health', keys('/healthz'), ofKeys],
  [
    'a key for a path that health was given',
    { ...keys('/up'), health: { paths: { health: '/up' } } },
    ofKeys,
  ],
  ['a limit on a probe', limit('/livez'), ofLimit],
  ['a limit on reports', { ...limit('/csp-reports'), cspReports: true }, ofLimit],
  ['a key for what is off', { ...keys('/metrics'), metrics: false }, []],
  ['a key for everything', keys('/'), []],
  ['a key below it', keys('/metrics/daily'), []],
  ['a limit above it', { ...limit('/api'), health: { paths: { health: '/api/health' } } }, []],
])('refuses a rule that an earlier answer makes void: %s', (_what, config, expected) => {
  expect(problemsOf(config)).toEqual(expected)
})
