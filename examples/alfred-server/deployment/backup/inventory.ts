import { isRecord, readJson, textOf } from '../driver/json.ts'
import { keyOfManifest, keyOfPart, type Manifest, partNames, readManifest, timeOfId } from './manifest.ts'
import type { ObjectStorage, StoredObject } from './object-storage.ts'
import type { StoredBackup } from './retention.ts'

/** How the last restore of a backup went. */
export interface Verification {
  readonly at: string
  readonly outcome: 'verified' | 'failed'
  readonly detail: string
}

/** A backup as the storage has it. */
export interface InventoryEntry extends StoredBackup {
  /** `undefined` when it is not there, or damaged. */
  readonly manifest: Manifest | undefined
  /** Why it is not good. */
  readonly problem: string | undefined
  readonly verification: Verification | undefined
  readonly keys: readonly string[]
}

export const keyOfVerification = (id: string): string => `${id}/verification.json`

/**
 * Looks at every backup of an environment, oldest first. Those of others are as if they were not there: retention must
 * not count them, and `latest` must not be one. What has no readable manifest may be anybody's.
 *
 * @throws Error when the storage does not answer
 */
export async function readInventory(
  storage: ObjectStorage,
  environment: string,
  signal: AbortSignal,
): Promise<readonly InventoryEntry[]> {
  const byId = new Map<string, StoredObject[]>()
  for (const object of await storage.list(signal)) {
    const id = object.key.slice(0, Math.max(0, object.key.indexOf('/')))
    if (timeOfId(id) !== undefined) byId.set(id, [...(byId.get(id) ?? []), object])
  }
  const entries: InventoryEntry[] = []
  for (const [id, objects] of [...byId].sort(([a], [b]) => (a < b ? -1 : 1))) {
    entries.push(await inspect(id, objects, storage, signal))
  }
  return entries.filter(({ manifest }) => (manifest?.environment ?? environment) === environment)
}

async function inspect(
  id: string,
  objects: readonly StoredObject[],
  storage: ObjectStorage,
  signal: AbortSignal,
): Promise<InventoryEntry> {
  const keys = objects.map(({ key }) => key)
  const readWhenThere = async (key: string): Promise<string | undefined> =>
    keys.includes(key) ? storage.readText(key, signal) : undefined
  const verification = parseVerification(await readWhenThere(keyOfVerification(id)))
  const { manifest, problem } = examine(id, await readWhenThere(keyOfManifest(id)), objects)
  const fault = problem ?? (verification?.outcome === 'failed' ? verification.detail : undefined)
  return {
    id,
    manifest,
    problem: fault,
    verification,
    keys,
    isGood: fault === undefined,
    isVerified: verification?.outcome === 'verified',
  }
}

function examine(
  id: string,
  text: string | undefined,
  objects: readonly StoredObject[],
): Pick<InventoryEntry, 'manifest' | 'problem'> {
  if (text === undefined) return { manifest: undefined, problem: 'it was never finished' }
  try {
    const manifest = readManifest(text)
    if (manifest.id !== id) return { manifest, problem: 'it has the manifest of another backup' }
    const isWhole = partNames.every((name) => {
      const part = manifest.parts[name]
      const object = objects.find(({ key }) => key === keyOfPart(id, name))
      return part === undefined || object?.bytes === part.bytes
    })
    return { manifest, problem: isWhole ? undefined : 'a file is missing or has another length' }
  } catch (error) {
    return { manifest: undefined, problem: error instanceof Error ? error.message : String(error) }
  }
}

function parseVerification(text: string | undefined): Verification | undefined {
  const value = readJson(text ?? '')
  if (!isRecord(value)) return undefined
  const at = textOf(value, 'at')
  const outcome = (['verified', 'failed'] as const).find((name) => name === value['outcome'])
  if (at === undefined || Number.isNaN(Date.parse(at)) || outcome === undefined) return undefined
  return { at, outcome, detail: textOf(value, 'detail') ?? '' }
}
