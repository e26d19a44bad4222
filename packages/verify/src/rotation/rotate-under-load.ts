import type { KeyVault } from '@alfred/key-vault'
import { startFakeOpenAiAdmin, waitFor } from '@alfred/testkit'
import { isSettled, openScene } from './rotation-scene.ts'
import { startStreamingProvider, streamEnd } from './streaming-provider.ts'
import { openVaultTarget, startVaultTarget, type StoreKind } from './vault-targets.ts'

/** What clients saw of rotations. */
export interface LoadFigures {
  rotations: number
  /** Calls through `withKey`. */
  requests: number
  /** Streams under `lease`. */
  streams: number
  /** Of both. */
  failed: number
}

/** How to load. */
export interface LoadPlan {
  readonly kind: StoreKind
  readonly rotations: number
  /** Clients of each kind, on each of the two instances. */
  readonly clients: number
  readonly onRotation?: (figures: LoadFigures) => void
}

/** What the SDKs throw: an error with a status, and the body's error. */
async function rejection(response: Response): Promise<Error> {
  const { error } = (await response.json()) as { error?: unknown }
  return Object.assign(new Error(`status ${String(response.status)}`), { status: response.status, error })
}

const ask = async (url: string, apiKey: string): Promise<string> => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })
  if (!response.ok) throw await rejection(response)
  return response.text()
}

/** Streams last up to a second and a half, longer than the grace of the old key. */
const maxStream = 75

/** Rotates again and again, while clients of two instances hold streams and make requests. */
export async function rotateUnderLoad(plan: LoadPlan): Promise<LoadFigures> {
  const { kind, rotations, clients, onRotation } = plan
  const figures: LoadFigures = { rotations: 0, requests: 0, streams: 0, failed: 0 }
  const { stop, ...target } = await startVaultTarget(kind)
  const access = openVaultTarget(target, 8)
  const admin = await startFakeOpenAiAdmin()
  const provider = { baseUrl: admin.baseUrl, adminKey: admin.adminKey }
  const inference = await startStreamingProvider(admin)
  const options = { provider, pollMs: 200, graceMs: 400, callTimeoutMs: 2_000 }
  const used = new Set<string>()
  let going = true

  const counted = async (work: () => Promise<string>): Promise<void> => {
    try {
      if (!(await work()).endsWith(`${streamEnd}\n\n`)) figures.failed += 1
    } catch {
      figures.failed += 1
    }
  }
  const request = (vault: KeyVault): Promise<void> => {
    figures.requests += 1
    return counted(() => vault.withKey('openai', (apiKey) => ask(inference.url, apiKey)))
  }
  const stream = async (vault: KeyVault): Promise<void> => {
    figures.streams += 1
    using lease = vault.lease('openai')
    used.add(lease.secret.reveal())
    const events = 1 + Math.floor(Math.random() * maxStream)
    await counted(() => ask(`${inference.url}?events=${String(events)}`, lease.secret.reveal()))
  }
  const repeatedly = async (work: (vault: KeyVault) => Promise<void>, vault: KeyVault): Promise<void> => {
    while (going) await work(vault)
  }

  try {
    const rotating = await openScene(access.store('loaded'), options)
    await waitFor(() => rotating.get('openai'), { timeoutMs: 20_000 })
    const using = await openScene(access.store('loaded'), { ...options, rotate: false })
    const vaults = [rotating, using]
    const load = Array.from({ length: clients }, () =>
      vaults.flatMap((vault) => [repeatedly(request, vault), repeatedly(stream, vault)]),
    ).flat()
    while (figures.rotations < rotations) {
      await rotating.rotate('openai')
      // Not all at the end: revocations fall into the load as well.
      await waitFor(() => admin.keys.size <= 2, { timeoutMs: 30_000 })
      figures.rotations += 1
      onRotation?.(figures)
    }
    going = false
    await Promise.all(load)
    await waitFor(() => isSettled(rotating) && admin.keys.size === 1, { timeoutMs: 30_000 })
    used.delete(rotating.get('openai').reveal())
    // Without this nothing would have been shown: the keys that streams were begun with are refused by now.
    for (const key of used) {
      if (
        await ask(inference.url, key).then(
          () => true,
          () => false,
        )
      )
        throw new Error('a revoked key is taken')
    }
    await Promise.all(vaults.map((vault) => vault.close()))
    return figures
  } finally {
    going = false
    await inference.close()
    await admin.close()
    await access.close()
    await stop()
  }
}
