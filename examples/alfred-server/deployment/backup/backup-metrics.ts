import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isRecord, readJson, replaceFile } from '../driver/json.ts'
import type { InventoryEntry } from './inventory.ts'
import { timeOfId } from './manifest.ts'

/** What is known of the backups, kept for a run that cannot reach the storage. Times are ms. */
export interface BackupFacts {
  readonly lastSuccessAt: number | undefined
  readonly bytes: number | undefined
  readonly lastVerifiedAt: number | undefined
}

export function factsOf(inventory: readonly InventoryEntry[]): BackupFacts {
  const newest = inventory.findLast(({ isGood }) => isGood)
  const verified = inventory.flatMap(({ verification }) =>
    verification?.outcome === 'verified' ? [Date.parse(verification.at)] : [],
  )
  const parts = Object.values(newest?.manifest?.parts ?? {})
  return {
    lastSuccessAt: newest && timeOfId(newest.id),
    bytes: newest && parts.reduce((sum, { bytes }) => sum + bytes, 0),
    lastVerifiedAt: verified.length === 0 ? undefined : Math.max(...verified),
  }
}

/**
 * Writes how the last run went where nginx shows it to Prometheus, beside the renewal of the certificate: a file, so it
 * survives every restart.
 *
 * @param facts - `undefined` when the storage did not answer: then those of the last run that knew count
 */
export async function writeBackupMetrics(
  stateFolder: string,
  succeeded: boolean,
  facts: BackupFacts | undefined,
): Promise<void> {
  const kept = join(stateFolder, 'backups/facts.json')
  if (facts) await replaceFile(kept, `${JSON.stringify(facts)}\n`)
  const known = facts ?? parseFacts(await readFile(kept, 'utf8').catch(() => ''))
  const file = join(stateFolder, 'edge/backups/metrics.prom')
  await mkdir(dirname(file), { recursive: true })
  await replaceFile(file, formatMetrics(succeeded, known, Date.now()))
}

function parseFacts(text: string): BackupFacts {
  const value = readJson(text)
  const numberOf = (name: keyof BackupFacts): number | undefined => {
    const found = isRecord(value) ? value[name] : undefined
    return typeof found === 'number' ? found : undefined
  }
  return {
    lastSuccessAt: numberOf('lastSuccessAt'),
    bytes: numberOf('bytes'),
    lastVerifiedAt: numberOf('lastVerifiedAt'),
  }
}

function formatMetrics(succeeded: boolean, facts: BackupFacts, now: number): string {
  const seconds = (ms: number | undefined): number | undefined => ms && Math.round(ms / 1000)
  const metrics: readonly (readonly [name: string, help: string, value: number | undefined])[] = [
    ['succeeded', 'Whether the last backup went well: 1, or 0.', Number(succeeded)],
    ['last_run_timestamp_seconds', 'When a backup was last tried.', seconds(now)],
    [
      'last_success_timestamp_seconds',
      'When a backup was last made and checked.',
      seconds(facts.lastSuccessAt),
    ],
    ['size_bytes', 'The size of the last backup that was made and checked.', facts.bytes],
    ['last_verified_timestamp_seconds', 'When a backup was last restored.', seconds(facts.lastVerifiedAt)],
  ]
  return metrics
    .filter(([, , value]) => value !== undefined)
    .map(
      ([name, help, value]) =>
        `# HELP alfred_backup_${name} ${help}\n# TYPE alfred_backup_${name} gauge\nalfred_backup_${name}{name="database"} ${String(value)}\n`,
    )
    .join('')
}
