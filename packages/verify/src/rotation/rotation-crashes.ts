import { once } from 'node:events'
import { type FakeKeyAdmin, forkProcess, startFakeOpenAiAdmin, waitFor } from '@alfred/testkit'
import type { KeyVault } from '@alfred/key-vault'
import type { CrashOrder, CrashReport } from './crash-victim.ts'
import { crashTimes } from './crash-times.ts'
import { countUseless } from '../../../key-vault/test/useless-keys.ts'
import { isOver, openScene } from './rotation-scene.ts'
import { openVaultTarget, startVaultTarget, type StoreKind } from './vault-targets.ts'

/** What crashes led to. */
export interface CrashFigures {
  crashes: number
  /** Times the current key was not taken by the provider, right after a crash or after the recovery. */
  unusable: number
  /** Times there was another number of current versions than one. */
  doubleCurrent: number
  /** Keys that a crash lost in the making; more than one by a single crash is thrown as an error. */
  orphans: number
  /** Keys that were still at the provider, and of no use, after the recovery. */
  unreconciled: number
}

/** How to crash. */
export interface CrashPlan {
  readonly kind: StoreKind
  /** How often every step is crashed at. */
  readonly rounds: number
  /** Takes some of the steps only, such as `after create`, for a sample. */
  readonly takes?: (step: string, index: number) => boolean
  readonly onProgress?: (progress: CrashProgress) => void
}

/** What is told after each round. */
export interface CrashProgress {
  readonly round: number
  readonly figures: CrashFigures
  /** How often each step was crashed at. */
  readonly crashesAt: ReadonlyMap<string, number>
}

const victim = new URL('crash-victim.ts', import.meta.url)

/** The calls of a whole rotation. On a busy machine the grace may be over before the provider was told when it ends. */
const wholeCourse = ['create', 'probe', 'expire', 'revoke'] as const
const maxSearch = 10
/** More would mean that something else is wrong than a busy machine. */
const maxRounds = (rounds: number): number => 2 * rounds + 10

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
async function runVictim(order: CrashOrder): Promise<CrashReport['vaults']> {
  const child = forkProcess(victim, order)
  let report: CrashReport | undefined
  child.on('message', (message) => (report = message as CrashReport))
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (report && signal === 'SIGKILL') return report.vaults
  throw new Error(`the process that rotates ended with ${String(signal ?? code)}`)
}

/**
 * Kills processes in the middle of rotations and looks what is left each time. One process has a vault for each step of a
 * rotation, so that one crash finds every step; the vaults share the store and nothing else.
 */
export async function crashRotations({
  kind,
  rounds,
  takes = () => true,
  onProgress,
}: CrashPlan): Promise<CrashFigures> {
  const figures: CrashFigures = { crashes: 0, unusable: 0, doubleCurrent: 0, orphans: 0, unreconciled: 0 }
  const { stop, ...target } = await startVaultTarget(kind)
  const access = openVaultTarget(target, 100)
  const admins: FakeKeyAdmin[] = []

  const addVault = async () => {
    const admin = await startFakeOpenAiAdmin()
    admins.push(admin)
    const provider = { baseUrl: admin.baseUrl, adminKey: admin.adminKey }
    const name = `vault-${String(admins.length)}`
    const open = (rotate: boolean): Promise<KeyVault> =>
      openScene(access.store(name), { provider, rotate, ...crashTimes })
    const first = await open(true)
    await waitFor(() => takesCurrent(first, admin) && isOver(first), { timeoutMs: 120_000 })
    await first.close()
    return { name, provider, admin, open }
  }
  type Vault = Awaited<ReturnType<typeof addVault>>

  /** All steps of a rotation, in their order. */
  const learnCourse = async ({ name, provider }: Vault): Promise<readonly string[]> => {
    for (let search = 0; search < maxSearch; search++) {
      const [report] = await runVictim({ target, vaults: [{ name, provider }] })
      const steps = report?.steps ?? []
      if (wholeCourse.every((call) => steps.includes(`after ${call}`))) return steps
    }
    throw new Error('no rotation made all of its calls')
  }

  /** As the next request finds it, before anybody has tidied up. */
  const lookOn = async ({ admin, open }: Vault): Promise<void> => {
    const onlooker = await open(false)
    if (!takesCurrent(onlooker, admin)) figures.unusable += 1
    if (currents(onlooker) !== 1) figures.doubleCurrent += 1
    const { unknown } = countUseless(onlooker, admin)
    if (unknown > 1) throw new Error(`one crash lost ${String(unknown)} keys`)
    figures.orphans += unknown
    await onlooker.close()
  }

  const recover = async ({ admin, open }: Vault): Promise<void> => {
    const vault = await open(true)
    await waitFor(() => isOver(vault) && countUseless(vault, admin).all === 0, {
      timeoutMs: 120_000,
      intervalMs: 50,
    }).catch(() => undefined)
    if (!takesCurrent(vault, admin)) figures.unusable += 1
    if (currents(vault) !== 1) figures.doubleCurrent += 1
    figures.unreconciled += countUseless(vault, admin).all
    await vault.close()
  }

  try {
    const course = await learnCourse(await addVault())
    const stops = course.flatMap((step, index) => (takes(step, index) ? [index + 1] : []))
    const points = await Promise.all(
      stops.map(async (stopAt) => ({ ...(await addVault()), stopAt, crashes: 0 })),
    )
    // A rotation that went another way on a busy machine crashed as well, but not at its step: that one is tried again.
    for (let round = 1, left = points; left.length > 0; round++) {
      if (round > maxRounds(rounds)) throw new Error('rotations keep going other ways than the first')
      const vaults = left.map(({ name, provider, stopAt }) => ({ name, provider, stopAt }))
      const report = await runVictim({ target, vaults })
      for (const [index, point] of left.entries()) {
        const { stopped = false, steps = [] } = report[index] ?? {}
        if (stopped) figures.crashes += 1
        if (stopped && steps.every((step, at) => step === course[at])) point.crashes += 1
      }
      await Promise.all(left.map(lookOn))
      await Promise.all(left.map(recover))
      left = points.filter(({ crashes }) => crashes < rounds)
      const named = ({ stopAt, crashes }: (typeof points)[number]) =>
        [`${String(stopAt)} ${course[stopAt - 1] ?? ''}`, crashes] as const
      onProgress?.({ round, figures, crashesAt: new Map(points.map(named)) })
    }
    return figures
  } finally {
    await Promise.all(admins.map((admin) => admin.close()))
    await access.close()
    await stop()
  }
}
