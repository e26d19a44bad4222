import type { AlfredEventName, AlfredEvents, EventBus } from '@alfred/core'
import type { Alert } from './alert.ts'

/** What an event says of an alert: that its condition holds, or that it is gone. */
type AlertChange =
  | { readonly raise: Alert }
  | { readonly resolve: string; readonly labels?: Readonly<Record<string, string>> | undefined }

type EventAlerts = { readonly [N in AlfredEventName]?: (event: AlfredEvents[N]) => readonly AlertChange[] }

const minuteMs = 60_000

/** How loud the failure of a health check is; an informational one is only shown. */
const severities = { critical: 'critical', degrading: 'warning', informational: undefined } as const

/** Which event raises or resolves which alert. What is not here needs nobody's attention at night. */
const eventAlerts: EventAlerts = {
  'rate-limit.store-unavailable': ({ action }) => [
    {
      raise: {
        name: 'RateLimitStoreUnavailable',
        severity: action === 'local' ? 'warning' : 'critical',
        summary: 'The store of the rate limits does not answer.',
        description: `Policies do what their onStoreError says, first "${action}"; counting resumes by itself.`,
        forMs: minuteMs,
      },
    },
  ],
  'rate-limit.store-recovered': () => [{ resolve: 'RateLimitStoreUnavailable' }],
  'health.changed': ({ check, kind, criticality, to }) => {
    const severity = severities[criticality]
    if (severity === undefined) return []
    const labels = { check }
    const failing: AlertChange =
      to === 'fail'
        ? {
            raise: {
              name: 'HealthCheckFailing',
              severity,
              summary: `The health check ${check} fails.`,
              labels,
              forMs: minuteMs,
            },
          }
        : { resolve: 'HealthCheckFailing', labels }
    if (kind !== 'certificate') return [failing]
    const expiring: AlertChange =
      to === 'warn'
        ? {
            raise: {
              name: 'CertificateExpiring',
              severity: 'warning',
              summary: `The certificate of the check ${check} expires soon.`,
              labels,
            },
          }
        : { resolve: 'CertificateExpiring', labels }
    return [failing, expiring]
  },
  'vault.rotation-failed': ({ provider, reason }) => [
    {
      raise: {
        name: 'KeyRotationFailed',
        severity: 'critical',
        summary: `The key of ${provider} could not be rotated.`,
        description: `Reason: ${reason}. The old key stays in use. The vault retries.`,
        labels: { provider },
      },
    },
  ],
  'vault.rotated': ({ provider }) => [
    { resolve: 'KeyRotationFailed', labels: { provider } },
    { resolve: 'KeyRotationDue', labels: { provider } },
  ],
  'vault.rotation-due': ({ provider, dueInMs }) => [
    {
      raise: {
        name: 'KeyRotationDue',
        severity: 'warning',
        summary: `A new key of ${provider} must be staged.`,
        description: `It is to be rotated in ${String(Math.round(dueInMs / 86_400_000))} days.`,
        labels: { provider },
      },
    },
  ],
  'vault.key-invalid': ({ provider }) => [
    {
      raise: {
        name: 'KeyInvalid',
        severity: 'critical',
        summary: `The current key of ${provider} is refused.`,
        description: 'Calls of this provider fail until another key is current.',
        labels: { provider },
      },
    },
  ],
  'vault.key-valid': ({ provider }) => [{ resolve: 'KeyInvalid', labels: { provider } }],
  'vault.store-unavailable': ({ code }) => [
    {
      raise: {
        name: 'VaultStoreUnavailable',
        severity: 'warning',
        summary: 'The store of the provider keys cannot be used.',
        description: `${code}. The keys known so far are served, and none is rotated.`,
      },
    },
  ],
  'vault.rolled-back': () => [
    {
      raise: {
        name: 'VaultRolledBack',
        severity: 'critical',
        summary: 'The store of the provider keys was rolled back to an older state.',
        description:
          'A failover lost a write, or somebody restored a copy. The vault changes nothing until an operator accepts the state.',
      },
    },
  ],
  'vault.store-recovered': () => [{ resolve: 'VaultStoreUnavailable' }, { resolve: 'VaultRolledBack' }],
  'vault.clock-skewed': ({ skewMs }) => [
    {
      raise: {
        name: 'VaultClockSkewed',
        severity: 'warning',
        summary: 'This instance rotates no provider keys: its clock is wrong, or a time has jumped.',
        description: `It differs by ${String(Math.round(skewMs / 1000))} s. Check time synchronisation.`,
      },
    },
  ],
  'vault.clock-synchronized': () => [{ resolve: 'VaultClockSkewed' }],
  'vault.key-changed': ({ provider, stage, version }) =>
    stage === 'revoked'
      ? [{ resolve: 'KeyRevocationDue', labels: { provider, version: String(version) } }]
      : [],
  'vault.revocation-due': ({ provider, version }) => [
    {
      raise: {
        name: 'KeyRevocationDue',
        severity: 'warning',
        summary: `Version ${String(version)} of the key of ${provider} must be revoked at the provider.`,
        description:
          'It is no longer used here. The provider still accepts it, or cannot be asked. For the last error: alfred-security keys list',
        labels: { provider, version: String(version) },
        expiresAfterMs: 24 * 60 * minuteMs,
      },
    },
  ],
  'rate-limit.banned': () => [
    {
      raise: {
        name: 'AddressesBanned',
        severity: 'warning',
        summary: 'Addresses are banned: they keep exceeding the limits.',
        expiresAfterMs: 15 * minuteMs,
      },
    },
  ],
  'load.changed': ({ overloaded, reason }) => [
    overloaded
      ? {
          raise: {
            name: 'LoadShedding',
            severity: 'critical',
            summary: `Requests are refused to keep the others served (${reason}).`,
            forMs: minuteMs,
          },
        }
      : { resolve: 'LoadShedding' },
  ],
  'proxy.misconfigured': ({ problem }) => [
    {
      raise: {
        name: 'ProxyMisconfigured',
        severity: 'warning',
        summary: 'trustProxy does not fit what stands in front of the server.',
        description: 'Limits and bans may count the wrong address.',
        labels: { problem },
      },
    },
  ],
  'client-key.store-unavailable': ({ graceMs }) => [
    {
      raise: {
        name: 'ClientKeyStoreUnavailable',
        severity: 'warning',
        summary: "The store of the clients' API keys does not answer.",
        description: `Known keys pass for another ${String(Math.round(graceMs / 1000))} s.`,
      },
    },
  ],
  'client-key.store-recovered': () => [{ resolve: 'ClientKeyStoreUnavailable' }],
  'drain.connections-cut': ({ connections }) => [
    {
      raise: {
        name: 'DrainForced',
        severity: 'warning',
        summary: `A drain had to cut ${String(connections)} connections.`,
        expiresAfterMs: 15 * minuteMs,
      },
    },
  ],
}

/** What alerts are raised and resolved on. */
export interface AlertTarget {
  raise(alert: Alert): void
  resolve(name: string, labels?: Readonly<Record<string, string>>): void
}

/** Turns the layers' events into alerts from now on. @returns what ends it */
export function listenForAlerts(events: EventBus, target: AlertTarget): () => void {
  const apply = (change: AlertChange): void => {
    if ('raise' in change) target.raise(change.raise)
    else target.resolve(change.resolve, change.labels)
  }
  const subscribe = <N extends AlfredEventName>(name: N, { [name]: changes }: Pick<EventAlerts, N>) =>
    changes === undefined
      ? () => undefined
      : events.on(name, (event) => {
          for (const change of changes(event)) apply(change)
        })
  const subscriptions = (Object.keys(eventAlerts) as AlfredEventName[]).map((name) =>
    subscribe(name, eventAlerts),
  )
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
  }
}
