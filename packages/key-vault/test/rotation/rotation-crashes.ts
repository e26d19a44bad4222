import { once } from 'node:events'
import { type FakeKeyAdmin, startFakeOpenAiAdmin, waitFor } from '@alfred/testkit'
import type { KeyVault } from '@alfred/key-vault'
import type { CrashOrder, CrashTold } from './crash-victim.ts'
import { forkProcess } from './fork-process.ts'
import { isOver, isSettled, openScene } from './rotation-scene.ts'
import { openVaultPlace, startVaultPlace, type StoreKind } from './vault-places.ts'

/** What crashes led to. */
export interface CrashFigures {
  crashes: number
  /** Times the current key was not taken by the provider, right after a crash or after the recovery. */
  unusable: number
  /** Times there was another number of current versions than one. */
  doubleCurrent: number
  /** Keys whose secret was lost by a crash; more than one by a single crash is thrown as an error. */
  orphans: number
  /** Keys that were still at the provider, and of no use, after the recovery. */
  unreconciled: number
}

/** How to crash. */
export interface CrashPlan {
  readonly kind: StoreKind
  /** How often every step is crashed at. */
  readonly rounds: number
  /** Takes every so many-th step only, for a sample. */
  readonly stride?: number
  readonly onProgress?: (figures: CrashFigures, crashesAt: ReadonlyMap<string, number>) => void
}

const victim = new URL('crash-victim.ts', import.meta.url)

const inUse = new Set(['pending', 'tested', 'current', 'previous', 'revoking'])

/** Keys at the provider that no version of the vault can use. */
function lostKeys(vault: KeyVault, admin: FakeKeyAdmin): number {
  const versions = vault.report()['openai']?.versions ?? []
  const usable = new Set(versions.filter(({ stage }) => inUse.has(stage)).map(({ version }) => version))
  return [...admin.keys.values()].filter(({ name }) => !usable.has(Number(/-v(\d+)-/.exec(name)?.[1]))).length
}

const takesCurrent = (vault: KeyVault, admin: FakeKeyAdmin): boolean => {
  try {
    return admin.takes(vault.get('openai').reveal())
  } catch {
    return false
  }
}

const currents = (vault: KeyVault): number =>
  vault.report()['openai']?.versions.filter(({ stage }) => stage === 'current').length ?? 0

/** Lets a process stop each vault at its step, and waits until it is dead. */
async function runVictim(order: CrashOrder): Promise<CrashTold> {
  const child = forkProcess(victim, order)
  let told: CrashTold | undefined
  child.on('message', (message) => (told = message as CrashTold))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (told && signal === 'SIGKILL') return told
  throw new Error(`the process that rotates ended with ${String(signal ?? code)}`)
}

/**
 * Kills processes in the middle of rotations and looks what is left each time. One process has a vault for each step of a
 * rotation, so that one crash finds every step; the vaults share the store and nothing else.
 */
export async function crashRotations({
  kind,
  rounds,
  stride = 1,
  onProgress,
}: CrashPlan): Promise<CrashFigures> {
  const figures: CrashFigures = { crashes: 0, unusable: 0, doubleCurrent: 0, orphans: 0, unreconciled: 0 }
  const crashesAt = new Map<string, number>()
  const { stop, ...place } = await startVaultPlace(kind)
  const access = openVaultPlace(place, 100)
  const admins: FakeKeyAdmin[] = []

  const addVault = async () => {
    const admin = await startFakeOpenAiAdmin()
    admins.push(admin)
    const provider = { baseUrl: admin.baseUrl, adminKey: admin.adminKey }
    const name = `vault-${String(admins.length)}`
    const open = (rotate: boolean): Promise<KeyVault> => openScene(access.store(name), { provider, rotate })
    const first = await open(true)
    await waitFor(() => takesCurrent(first, admin) && isSettled(first), { timeoutMs: 120_000 })
    await first.close()
    return { name, provider, admin, open }
  }
  type Vault = Awaited<ReturnType<typeof addVault>>

  /** As the next request finds it, before anybody has tidied up. */
  const lookOn = async ({ admin, open }: Vault): Promise<void> => {
    const onlooker = await open(false)
    if (!takesCurrent(onlooker, admin)) figures.unusable += 1
    if (currents(onlooker) !== 1) figures.doubleCurrent += 1
    const lost = lostKeys(onlooker, admin)
    if (lost > 1) throw new Error(`one crash lost ${String(lost)} keys`)
    figures.orphans += lost
    await onlooker.close()
  }

  const recover = async ({ admin, open }: Vault): Promise<void> => {
    const vault = await open(true)
    await waitFor(() => isOver(vault) && lostKeys(vault, admin) === 0, {
      timeoutMs: 120_000,
      intervalMs: 50,
    }).catch(() => undefined)
    if (!takesCurrent(vault, admin)) figures.unusable += 1
    if (currents(vault) !== 1) figures.doubleCurrent += 1
    figures.unreconciled += lostKeys(vault, admin)
    await vault.close()
  }

  try {
    const { name, provider } = await addVault()
    const [whole] = (await runVictim({ place, vaults: [{ name, provider }] })).vaults
    const stops = (whole?.steps ?? []).map((_step, index) => index + 1).filter((step) => step % stride === 0)
    const vaults = await Promise.all(stops.map(addVault))
    for (let round = 1; round <= rounds; round++) {
      const told = await runVictim({
        place,
        vaults: vaults.map(({ name, provider }, index) => ({ name, provider, stopAt: stops[index] })),
      })
      for (const { stopped, steps } of told.vaults) {
        if (!stopped) continue
        figures.crashes += 1
        const step = `${String(steps.length)} ${steps.at(-1) ?? ''}`
        crashesAt.set(step, (crashesAt.get(step) ?? 0) + 1)
      }
      await Promise.all(vaults.map(lookOn))
      await Promise.all(vaults.map(recover))
      onProgress?.(figures, crashesAt)
    }
    return figures
  } finally {
    await Promise.all(admins.map((admin) => admin.close()))
    await access.close()
    await stop()
  }
}
