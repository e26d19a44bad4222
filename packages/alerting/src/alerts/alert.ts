import { hash } from 'node:crypto'

/** How soon somebody must look. */
export type AlertSeverity = 'critical' | 'warning' | 'info'

/** Something that a person should know of, for as long as it lasts. */
export interface Alert {
  /** In CamelCase, as Prometheus' alerts are named. */
  readonly name: string
  readonly severity: AlertSeverity
  /** One sentence: what is wrong. */
  readonly summary: string
  /** What it means and what is done about it by itself. */
  readonly description?: string | undefined
  /** Tell alerts of one name apart, such as `{ check: 'database' }`. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** How long it must last before anybody is told, in ms. @default 0 */
  readonly forMs?: number | undefined
  /** When it counts as over unless it is raised again, in ms; for what happens and does not last. @default never */
  readonly expiresAfterMs?: number | undefined
}

/** What an alert sink is given. */
export interface AlertNotification {
  readonly status: 'firing' | 'resolved'
  /** Equal for equal labels. */
  readonly fingerprint: string
  readonly name: string
  readonly severity: AlertSeverity
  readonly summary: string
  readonly description: string | undefined
  readonly runbookUrl: string | undefined
  /** Without name and severity. */
  readonly labels: Readonly<Record<string, string>>
  /** When the condition began, ms since the epoch. */
  readonly startsAt: number
  /** When it ended; `undefined` while it is firing. */
  readonly endsAt: number | undefined
}

/** Names an alert among all: its name and labels. */
export function alertFingerprint(name: string, labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return hash('sha256', JSON.stringify([name, sorted]), 'hex').slice(0, 32)
}
