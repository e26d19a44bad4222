import type { DashboardDefinition } from './dashboard-definition.ts'

/** The providers' and the clients' keys. */
export const keysDashboard: DashboardDefinition = {
  uid: 'alfred-keys',
  title: 'Alfred: keys & vault',
  description: "The providers' keys and the clients' keys.",
  panels: [
    {
      title: 'Age of the current keys',
      description: 'Since a key became the current one.',
      unit: 's',
      queries: [
        { expr: 'time() - alfred_key_rotated_timestamp_seconds{job="alfred"}', legend: '{{provider}}' },
      ],
    },
    {
      title: 'Time to the next rotation',
      description: 'Below 0 it is overdue; a day later somebody is told.',
      unit: 's',
      queries: [
        { expr: 'alfred_key_rotation_due_timestamp_seconds{job="alfred"} - time()', legend: '{{provider}}' },
      ],
    },
    {
      title: 'Valid keys',
      description: '1 while the provider takes the current key; at 0 its calls fail.',
      unit: 'short',
      queries: [{ expr: 'min by (provider) (alfred_key_valid{job="alfred"})', legend: '{{provider}}' }],
    },
    {
      title: 'Changes of keys',
      description: 'Versions that came to a stage, since the start.',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (provider, stage) (alfred_vault_key_changes_total{job="alfred"})',
          legend: '{{provider}} {{stage}}',
        },
      ],
    },
    {
      title: "The clients' keys' store",
      description: '1 while it answers.',
      unit: 'short',
      queries: [{ expr: 'alfred_client_key_store_available{job="alfred"}', legend: '{{instance}}' }],
    },
  ],
}
