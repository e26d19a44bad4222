import { expect, it, onTestFinished } from 'vitest'
import { createMetrics } from '../metrics.ts'
import { createOperationsMetrics } from './operations-metrics.ts'

const create = () => {
  const metrics = createMetrics({ runtime: false })
  onTestFinished(() => metrics.close())
  return { metrics, operations: createOperationsMetrics(metrics) }
}

it('has no series before something is set or watched', async () => {
  const { metrics } = create()
  const { body } = await metrics.expose()
  expect(body).toContain('# TYPE alfred_ready gauge')
  expect(body.split('\n').filter((line) => /^alfred_(?!metrics_)/.test(line))).toEqual([])
})

it('exports what is watched and set, moments as seconds', async () => {
  const { metrics, operations } = create()
  let ready = false
  operations.watchReadiness(() => ready)
  operations.watchDatabasePool(() => ({ used: 3, idle: 1, waiting: 2, max: 10 }))
  operations.watchKeys(() => [
    { provider: 'openai', rotatedAt: 1_700_000_000_500, rotationDueAt: 1_700_000_001_000, valid: true },
    { provider: 'ollama', rotatedAt: undefined, valid: false },
  ])
  operations.setCertificateExpiry('api', 1_800_000_000_000)
  operations.setBackup('postgres', 1_700_000_000_000, 42)
  operations.setCircuitOpen('openai', true)
  const series = async () =>
    (await metrics.expose()).body.split('\n').filter((line) => /^alfred_(?!metrics_)/.test(line))

  expect(await series()).toEqual([
    'alfred_ready 0',
    'alfred_database_connections{state="used"} 3',
    'alfred_database_connections{state="idle"} 1',
    'alfred_database_connections_max 10',
    'alfred_database_connections_waiting 2',
    'alfred_key_rotated_timestamp_seconds{provider="openai"} 1700000000.5',
    'alfred_key_rotation_due_timestamp_seconds{provider="openai"} 1700000001',
    'alfred_key_valid{provider="openai"} 1',
    'alfred_key_valid{provider="ollama"} 0',
    'alfred_certificate_expiry_timestamp_seconds{name="api"} 1800000000',
    'alfred_backup_last_success_timestamp_seconds{name="postgres"} 1700000000',
    'alfred_backup_size_bytes{name="postgres"} 42',
    'alfred_circuit_open{name="openai"} 1',
  ])
  ready = true
  expect((await series())[0]).toBe('alfred_ready 1')
})
