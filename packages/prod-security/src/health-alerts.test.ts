import type { HealthCheck } from '@alfred/health'
import { createFakeClock } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { alfredHardening } from './alfred-hardening.ts'

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Runs a stack with one check: its alerts, the gauge, and the alerts that are left once the check is removed. */
async function alertsOf(check: Omit<HealthCheck, 'check'>, status: 'pass' | 'warn' | 'fail') {
  const clock = createFakeClock()
  const sink = { name: 'pager', deliver: () => Promise.resolve() }
  const guard = alfredHardening({ clock, alerting: { dispatcher: { sinks: [sink] } } })
  const active = (): string[] =>
    guard.alerting.dispatcher.active().map(({ name, severity, state }) => `${severity} ${name} ${state}`)
  const remove = guard.health.register({ ...check, check: () => Promise.resolve({ status }) })
  for (let second = 0; second < 90; second++) {
    clock.advance(1000)
    await settle()
  }
  const ready = guard.health.snapshot().readiness
  const gauges = (await guard.metrics.expose()).body
    .split('\n')
    .filter((line) => line.startsWith('alfred_health_check_state') && line.endsWith(' 1'))
  const alerts = active()
  remove()
  for (let second = 0; second < 120; second++) {
    clock.advance(1000)
    await settle()
  }
  const afterwards = active()
  await guard.close()
  return { alerts, ready, gauges, afterwards }
}

it.each<[Omit<HealthCheck, 'check'>, 'warn' | 'fail', string[], string, string]>([
  [{ name: 'database' }, 'fail', ['critical HealthCheckFailing firing'], 'fail', 'critical'],
  [
    { name: 'search', criticality: 'degrading' },
    'fail',
    ['warning HealthCheckFailing firing'],
    'warn',
    'degrading',
  ],
  [{ name: 'news', criticality: 'informational' }, 'fail', [], 'pass', 'informational'],
  // What a name says means nothing.
  [{ name: 'certificate-of-origin' }, 'warn', [], 'warn', 'critical'],
  [
    { name: 'front', kind: 'certificate', criticality: 'degrading' },
    'warn',
    ['warning CertificateExpiring firing'],
    'warn',
    'degrading',
  ],
])('%j that is %s: %j', async (check, status, expected, ready, criticality) => {
  const found = await alertsOf(check, status)
  expect(found).toEqual({
    alerts: expected,
    ready,
    gauges: [
      `alfred_health_check_state{check="${check.name}",criticality="${criticality}",state="${status}"} 1`,
    ],
    afterwards: [],
  })
})
