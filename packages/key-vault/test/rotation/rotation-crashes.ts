import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FakeKeyAdmin, startFakeOpenAiAdmin, startPostgres, startRedis, waitFor } from '@alfred/testkit'
import type { KeyVault } from '@alfred/key-vault'
import { isSettled, openScene, type RotationScene } from './rotation-scene.ts'

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
  readonly kind: RotationScene['store']['kind']
  readonly crashes: number
  /** The step to be killed at first, and how far the next is away. */
  readonly firstStep?: number
  readonly stride?: number
  readonly onProgress?: (figures: CrashFigures) => void
}

const victim = fileURLToPath(new URL('rotation-victim.ts', import.meta.url))

const services = {
  async file() {
    const directory = await mkdtemp(join(tmpdir(), 'rotation-crash-'))
    return {
      place: join(directory, 'keys.vault'),
      stop: () => rm(directory, { recursive: true, force: true }),
    }
  },
  async redis() {
    const server = await startRedis()
    return { place: server.url, stop: () => server.stop() }
  },
  async postgres() {
    const server = await startPostgres()
    return { place: server.url, stop: () => server.stop() }
  },
} as const

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

async function runVictim(scene: RotationScene, killAt: number): Promise<boolean> {
  const child = spawn(
    process.execPath,
    ['--conditions=@alfred/source', victim, JSON.stringify({ scene, killAt })],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (signal === 'SIGKILL') return true
  if (code === 0) return false
  throw new Error(`the process that rotates ended with ${String(code)}`)
}

/** Kills a process in the middle of a rotation, again and again, and looks what is left each time. */
export async function crashRotations(plan: CrashPlan): Promise<CrashFigures> {
  const { kind, crashes, firstStep = 1, stride = 1, onProgress } = plan
  const figures: CrashFigures = { crashes: 0, unusable: 0, doubleCurrent: 0, orphans: 0, unreconciled: 0 }
  const { place, stop } = await services[kind]()
  const admin = await startFakeOpenAiAdmin()
  const scene: RotationScene = {
    store: { kind, place },
    provider: { baseUrl: admin.baseUrl, adminKey: admin.adminKey },
  }
  try {
    const first = await openScene(scene)
    await waitFor(() => takesCurrent(first, admin) && isSettled(first), { timeoutMs: 20_000 })
    await first.close()

    let killAt = firstStep
    while (figures.crashes < crashes) {
      if (!(await runVictim(scene, killAt))) {
        killAt = 1
        continue
      }
      killAt += stride
      figures.crashes += 1

      // As the next request finds it, before anybody has tidied up.
      const onlooker = await openScene(scene, { rotate: false })
      if (!takesCurrent(onlooker, admin)) figures.unusable += 1
      if (currents(onlooker) !== 1) figures.doubleCurrent += 1
      const lost = lostKeys(onlooker, admin)
      if (lost > 1) throw new Error(`one crash lost ${String(lost)} keys`)
      figures.orphans += lost
      await onlooker.close()

      const vault = await openScene(scene)
      await waitFor(() => isSettled(vault) && lostKeys(vault, admin) === 0, { timeoutMs: 30_000 }).catch(
        () => undefined,
      )
      if (!takesCurrent(vault, admin)) figures.unusable += 1
      if (currents(vault) !== 1) figures.doubleCurrent += 1
      figures.unreconciled += lostKeys(vault, admin)
      await vault.close()
      onProgress?.(figures)
    }
    return figures
  } finally {
    await admin.close()
    await stop()
  }
}
