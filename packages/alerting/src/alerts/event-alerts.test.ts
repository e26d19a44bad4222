import { type AlfredEventName, type AlfredEvents, createEventBus, noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { listenForAlerts } from './event-alerts.ts'

type HealthChange = AlfredEvents['health.changed']

const healthChange = (
  check: string,
  to: HealthChange['to'],
  criticality: HealthChange['criticality'] = 'critical',
  kind: HealthChange['kind'] = 'component',
): readonly ['health.changed', HealthChange] => [
  'health.changed',
  { check, kind, criticality, from: 'pass', to },
]

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
    [healthChange('database', 'fail'), healthChange('database', 'pass')],
    ['critical HealthCheckFailing database', 'resolved HealthCheckFailing database'],
  ],
  [
    'a critical check that is removed while it fails',
    [healthChange('database', 'fail'), healthChange('database', 'removed')],
    ['critical HealthCheckFailing database', 'resolved HealthCheckFailing database'],
  ],
  [
    'a degrading check',
    [healthChange('search', 'fail', 'degrading'), healthChange('search', 'warn', 'degrading')],
    ['warning HealthCheckFailing search', 'resolved HealthCheckFailing search'],
  ],
  [
    'an informational check',
    [healthChange('news', 'fail', 'informational'), healthChange('news', 'pass', 'informational')],
    [],
  ],
  [
    'a certificate that ends soon, whatever its name',
    [healthChange('tls', 'warn', 'degrading', 'certificate')],
    ['resolved HealthCheckFailing tls', 'warning CertificateExpiring tls'],
  ],
  [
    'a certificate that is renewed',
    [healthChange('tls', 'pass', 'degrading', 'certificate')],
    ['resolved HealthCheckFailing tls', 'resolved CertificateExpiring tls'],
  ],
  ['an informational certificate', [healthChange('tls', 'warn', 'informational', 'certificate')], []],
  [
    'a check that is named after certificates and looks at none',
    [healthChange('certificate-store', 'warn')],
    ['resolved HealthCheckFailing certificate-store'],
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
    [
      ['vault.revocation-due', { provider: 'ollama', version: 1 }],
      ['vault.key-changed', { provider: 'ollama', version: 2, stage: 'current' }],
      ['vault.key-changed', { provider: 'ollama', version: 1, stage: 'revoked' }],
    ],
    ['warning KeyRevocationDue ollama 1', 'resolved KeyRevocationDue ollama 1'],
  ],
  [
    'a vault whose store is away, was put back, and is accepted',
    [
      ['vault.store-unavailable', { code: 'ALFRED_STORE_UNAVAILABLE' }],
      ['vault.rolled-back', { code: 'ALFRED_VAULT_ROLLED_BACK' }],
      ['vault.store-recovered', { outageMs: 1000 }],
    ],
    [
      'warning VaultStoreUnavailable',
      'critical VaultRolledBack',
      'resolved VaultStoreUnavailable',
      'resolved VaultRolledBack',
    ],
  ],
  [
    'a clock that is wrong, and set right',
    [
      ['vault.clock-skewed', { skewMs: 90_000 }],
      ['vault.clock-synchronized', { skewMs: 0 }],
    ],
    ['warning VaultClockSkewed', 'resolved VaultClockSkewed'],
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
    ['warning ClientKeyStoreUnavailable', 'resolved ClientKeyStoreUnavailable'],
  ],
  ['a drain', [['drain.finished', { durationMs: 900, forced: true }]], []],
  ['a drain by force', [['drain.connections-cut', { connections: 3 }]], ['warning DrainForced']],
])('makes of %s', (_what, emitted, expected) => {
  expect(changesOf(...emitted)).toEqual(expected)
})
