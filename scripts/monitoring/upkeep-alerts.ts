import { type AlertRule, increased, instance, job, series } from './alert-rule.ts'

const daySeconds = 86_400

/** What has to be renewed in time: keys, certificates, backups. */
export const upkeepAlerts: readonly AlertRule[] = [
  {
    name: 'AlfredKeyRotationOverdue',
    severity: 'warning',
    expr: 'time() - alfred_key_rotation_due_timestamp_seconds{job="alfred"} > 86400',
    for: '10m',
    summary: 'The key of {{ $labels.provider }} should have been rotated more than a day ago.',
    description: 'The rotation fails, or waits for somebody to stage a new key.',
    tests: {
      fires: {
        series: {
          [series('alfred_key_rotation_due_timestamp_seconds', { provider: 'openai' })]:
            `${String(-daySeconds)}x30`,
        },
        at: '20m',
        labels: { ...instance, provider: 'openai' },
      },
      silent: {
        series: { [series('alfred_key_rotation_due_timestamp_seconds', { provider: 'openai' })]: '600x30' },
        at: '20m',
      },
    },
  },
  {
    name: 'AlfredKeyInvalid',
    severity: 'critical',
    expr: 'alfred_key_valid{job="alfred"} == 0',
    for: '5m',
    summary: 'The current key of {{ $labels.provider }} is refused.',
    description: 'Calls of this provider fail until another key is current.',
    tests: {
      fires: {
        series: { [series('alfred_key_valid', { provider: 'openai' })]: '1x2 0x10' },
        at: '10m',
        labels: { ...instance, provider: 'openai' },
      },
      silent: { series: { [series('alfred_key_valid', { provider: 'openai' })]: '0x3 1x10' }, at: '10m' },
    },
  },
  {
    name: 'AlfredKeyRevocationDue',
    severity: 'warning',
    expr: increased('alfred_vault_revocations_due_total{job="alfred"}', 'job, provider', '1d'),
    summary: 'An old key of {{ $labels.provider }} must be revoked at the provider.',
    description: 'It is out of use, and still accepted there: the provider has no call to revoke it.',
    tests: {
      step: '15m',
      fires: {
        series: { [series('alfred_vault_revocations_due_total', { provider: 'ollama' })]: '_x10 1x200' },
        at: '20h',
        labels: { job, provider: 'ollama' },
      },
      silent: {
        series: { [series('alfred_vault_revocations_due_total', { provider: 'ollama' })]: '_x10 1x200' },
        at: '40h',
      },
    },
  },
  {
    name: 'AlfredCertificateExpiring',
    severity: 'warning',
    expr: 'alfred_certificate_expiry_timestamp_seconds{job="alfred"} - time() < 14 * 86400',
    for: '10m',
    summary: 'The certificate {{ $labels.name }} expires within 14 days.',
    description: 'Its renewal, which should have happened 30 days before, does not work.',
    tests: {
      fires: {
        series: {
          [series('alfred_certificate_expiry_timestamp_seconds', { name: 'api' })]:
            `${String(13 * daySeconds)}x30`,
        },
        at: '20m',
        labels: { ...instance, name: 'api' },
      },
      silent: {
        series: {
          [series('alfred_certificate_expiry_timestamp_seconds', { name: 'api' })]:
            `${String(30 * daySeconds)}x30`,
        },
        at: '20m',
      },
    },
  },
  {
    name: 'AlfredCertificateAboutToExpire',
    severity: 'critical',
    expr: 'alfred_certificate_expiry_timestamp_seconds{job="alfred"} - time() < 3 * 86400',
    summary: 'The certificate {{ $labels.name }} expires within 3 days.',
    description: 'Clients will refuse to connect.',
    tests: {
      fires: {
        series: {
          [series('alfred_certificate_expiry_timestamp_seconds', { name: 'api' })]:
            `${String(2 * daySeconds)}x30`,
        },
        at: '20m',
        labels: { ...instance, name: 'api' },
      },
      silent: {
        series: {
          [series('alfred_certificate_expiry_timestamp_seconds', { name: 'api' })]:
            `${String(13 * daySeconds)}x30`,
        },
        at: '20m',
      },
    },
  },
  {
    name: 'AlfredBackupTooOld',
    severity: 'critical',
    expr: 'time() - alfred_backup_last_success_timestamp_seconds > 26 * 3600',
    for: '10m',
    summary: 'The backup {{ $labels.name }} was last made and checked more than 26 hours ago.',
    description: 'Made every day, it has failed at least once.',
    tests: {
      fires: {
        series: {
          [series('alfred_backup_last_success_timestamp_seconds', { name: 'database' })]:
            `${String(-26 * 3600)}x30`,
        },
        at: '20m',
        labels: { ...instance, name: 'database' },
      },
      silent: {
        series: {
          [series('alfred_backup_last_success_timestamp_seconds', { name: 'database' })]: '-3600x30',
        },
        at: '20m',
      },
    },
  },
]
