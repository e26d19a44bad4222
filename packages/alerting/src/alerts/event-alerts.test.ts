import { type AlfredEventName, type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { listenForAlerts } from './event-alerts.ts'

type Emitted = { [N in AlfredEventName]: readonly [N, AlfredEvents[N]] }[AlfredEventName]

const changesOf = (...emitted: readonly Emitted[]): string[] => {
  const events = createEventBus(noopLogger)
  const changes: string[] = []
  const labelText = (labels: object = {}): string =>
    Object.values(labels)
      .map((value) => ` ${String(value)}`)
      .join('')
  const stop = listenForAlerts(events, {
    raise: ({ name, severity, labels }) => changes.push(`${severity} ${name}${labelText(labels)}`),
    resolve: (name, labels) => changes.push(`resolved ${name}${labelText(labels)}`),
  })
  for (const [name, event] of emitted) events.emit(name, event)
  stop()
  for (const [name, event] of emitted) events.emit(name, event)
  return changes
}

it.each<[what: string, emitted: readonly Emitted[], expected: readonly string[]]>([
  [
    'a store that is away and comes back',
    [
      ['rate-limit.store-unavailable', { policy: 'api', action: 'local' }],
      ['rate-limit.store-recovered', { outageMs: 5_000 }],
    ],
    ['warning RateLimitStoreUnavailable', 'resolved RateLimitStoreUnavailable'],
  ],
  [
    'a store that is away for a policy that denies',
    [['rate-limit.store-unavailable', { policy: 'chat', action: 'deny' }]],
    ['critical RateLimitStoreUnavailable'],
  ],
  [
    'a check that fails and recovers',
    [
      ['health.changed', { check: 'database', from: 'pass', to: 'fail' }],
      ['health.changed', { check: 'database', from: 'fail', to: 'pass' }],
    ],
    ['critical HealthCheckFailing database', 'resolved HealthCheckFailing database'],
  ],
  [
    'a certificate that ends soon',
    [['health.changed', { check: 'tls-certificate', from: 'pass', to: 'warn' }]],
    ['resolved HealthCheckFailing tls-certificate', 'warning CertificateExpiring tls-certificate'],
  ],
  [
    'a rotation that fails, is due, and succeeds',
    [
      ['vault.rotation-failed', { provider: 'openai', reason: 'unavailable' }],
      ['vault.rotation-due', { provider: 'openai', dueInMs: 86_400_000, pool: 0 }],
      ['vault.rotated', { provider: 'openai', version: 2 }],
    ],
    [
      'critical KeyRotationFailed openai',
      'warning KeyRotationDue openai',
      'resolved KeyRotationFailed openai',
      'resolved KeyRotationDue openai',
    ],
  ],
  [
    'a key that is refused, and one that is taken',
    [
      ['vault.key-invalid', { provider: 'openai', version: 2 }],
      ['vault.key-valid', { provider: 'openai', version: 3 }],
    ],
    ['critical KeyInvalid openai', 'resolved KeyInvalid openai'],
  ],
  [
    'a key that somebody has to revoke',
    [['vault.revocation-due', { provider: 'ollama', version: 1 }]],
    ['warning KeyRevocationDue ollama 1'],
  ],
  ['a ban', [['rate-limit.banned', { durationMs: 60_000, level: 0 }]], ['warning AddressesBanned']],
  [
    'an overload that ends',
    [
      ['load.changed', { overloaded: true, reason: 'in-flight' }],
      ['load.changed', { overloaded: false, reason: 'in-flight' }],
    ],
    ['critical LoadShedding', 'resolved LoadShedding'],
  ],
  [
    'a proxy that is not trusted',
    [['proxy.misconfigured', { problem: 'untrusted-forwarded-for' }]],
    ['warning ProxyMisconfigured untrusted-forwarded-for'],
  ],
  [
    "a store of clients' keys that is away and comes back",
    [
      ['client-key.store-unavailable', { graceMs: 60_000 }],
      ['client-key.store-recovered', { outageMs: 5_000 }],
    ],
    ['critical ClientKeyStoreUnavailable', 'resolved ClientKeyStoreUnavailable'],
  ],
  ['a drain', [['drain.finished', { durationMs: 900, forced: true }]], []],
  ['a drain by force', [['drain.connections-cut', { connections: 3 }]], ['warning DrainForced']],
])('makes of %s', (_what, emitted, expected) => {
  expect(changesOf(...emitted)).toEqual(expected)
})
