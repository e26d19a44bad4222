import type { AlfredEventName } from '@alfred/core'
import { both, counts, type EventMetrics, names, sets } from './event-metric.ts'

const booleans = ['true', 'false'] as const

const clientKeyStoreAvailable = {
  name: 'alfred_client_key_store_available',
  help: "Whether the store of the clients' API keys answers, 1 or 0.",
} as const

const rotations = {
  name: 'alfred_vault_rotations_total',
  help: 'Successful rotations of provider keys, and series of failed attempts.',
  labels: { provider: names, result: ['rotated', 'failed'] },
} as const

const validityChanges = {
  name: 'alfred_vault_key_validity_changes_total',
  help: 'Changes of whether a provider accepts its current key.',
  labels: { provider: names, validity: ['valid', 'invalid'] },
} as const

const vaultStoreAvailable = {
  name: 'alfred_vault_store_available',
  help: "Whether the vault's store answers with a state that can be used, 1 or 0.",
} as const

const vaultClockAgrees = {
  name: 'alfred_vault_clock_agrees',
  help: "Whether this instance's clock agrees with the vault's store, so that it rotates keys, 1 or 0.",
} as const

type KeyEventName = Extract<AlfredEventName, `vault.${string}` | `client-key.${string}`>

/** What counts the events of the key vault and of the client keys. */
export const keyEventMetrics: Pick<EventMetrics, KeyEventName> = {
  'vault.key-changed': counts(
    {
      name: 'alfred_vault_key_changes_total',
      help: 'Changes of a provider key, by its new stage.',
      labels: { provider: names, stage: names },
    },
    ({ provider, stage }) => ({ provider, stage }),
  ),
  'client-key.rejected': counts(
    {
      name: 'alfred_client_key_rejections_total',
      help: "Requests whose client's API key was refused.",
      labels: { reason: names },
    },
    ({ reason }) => ({ reason }),
  ),
  'client-key.changed': counts(
    {
      name: 'alfred_client_key_changes_total',
      help: "Changes of clients' API keys.",
      labels: { change: ['created', 'rotated', 'revoked'] },
    },
    ({ change }) => ({ change }),
  ),
  'client-key.used-after-rotation': counts(
    {
      name: 'alfred_client_key_old_secret_uses_total',
      help: "Uses of a client key's former secret, counted once a minute for each key.",
      labels: { accepted: booleans },
    },
    ({ accepted }) => ({ accepted: String(accepted) }),
  ),
  'client-key.store-unavailable': sets(clientKeyStoreAvailable, () => 0, { initially: 1 }),
  'client-key.store-recovered': both(
    sets(clientKeyStoreAvailable, () => 1),
    counts(
      {
        name: 'alfred_client_key_store_outage_seconds_total',
        help: "Time without the store of the clients' API keys, counted when it is back.",
      },
      () => ({}),
      ({ outageMs }) => outageMs / 1000,
    ),
  ),
  'vault.rotated': counts(rotations, ({ provider }) => ({ provider, result: 'rotated' })),
  'vault.rotation-failed': counts(rotations, ({ provider }) => ({ provider, result: 'failed' })),
  'vault.rotation-due': counts(
    {
      name: 'alfred_vault_rotation_reminders_total',
      help: 'Reminders to stage a key for a rotation that is due soon.',
      labels: { provider: names },
    },
    ({ provider }) => ({ provider }),
  ),
  'vault.key-invalid': counts(validityChanges, ({ provider }) => ({ provider, validity: 'invalid' })),
  'vault.key-valid': counts(validityChanges, ({ provider }) => ({ provider, validity: 'valid' })),
  'vault.store-unavailable': sets(vaultStoreAvailable, () => 0, { initially: 1 }),
  'vault.rolled-back': sets(vaultStoreAvailable, () => 0),
  'vault.store-recovered': sets(vaultStoreAvailable, () => 1),
  'vault.clock-skewed': sets(vaultClockAgrees, () => 0, { initially: 1 }),
  'vault.clock-synchronized': sets(vaultClockAgrees, () => 1),
  'vault.revocation-due': counts(
    {
      name: 'alfred_vault_revocations_due_total',
      help: 'Old keys that an operator has to revoke at their provider.',
      labels: { provider: names },
    },
    ({ provider }) => ({ provider }),
  ),
}
