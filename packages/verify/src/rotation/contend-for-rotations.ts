import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { forkProcess, startFakeOpenAiAdmin, waitFor } from '@alfred/testkit'
import type { KeyVault } from '@alfred/key-vault'
import type { RotateOrder, RotatorsOrder, RotatorsReport } from './contending-rotators.ts'
import { openScene } from './rotation-scene.ts'
import { openVaultTarget, startVaultTarget, type StoreKind } from './vault-targets.ts'

/** What came of rotators that all wanted the same. */
export interface ContentionFigures {
  rounds: number
  /** Instances that asked for each rotation. */
  rotators: number
  processes: number
  /** Keys that the provider made in the rounds. */
  creates: number
  /** Times a version became current in the rounds, by the audit trail. */
  promotions: number
  /** Creates and promotions that were one too many, or one too few. */
  extra: number
}

/** How to contend. */
export interface ContentionPlan {
  readonly kind: StoreKind
  readonly rounds: number
  readonly processes: number
  readonly instancesEach: number
  readonly onRound?: (round: number) => void
}

const rotators = new URL('contending-rotators.ts', import.meta.url)

async function answerOf(child: ChildProcess): Promise<RotatorsReport> {
  const exited = once(child, 'exit').then(() => {
    throw new Error('a process of rotators ended')
  })
  const [report] = (await Promise.race([once(child, 'message'), exited])) as [RotatorsReport]
  return report
}

/** How often a version became current, by what was noted as done. */
async function countPromotions({ audit }: KeyVault): Promise<number> {
  const { length } = await audit.head()
  const entries = await audit.read(0, length)
  const done = new Set(entries.filter(({ outcome }) => outcome === 'done').map(({ of }) => of))
  return entries
    .filter(({ sequence }) => done.has(sequence))
    .flatMap(({ details }) => Object.values(details ?? {}))
    .filter((change) => typeof change === 'string' && change.endsWith('→ current')).length
}

/** Lets all instances of all processes ask for one and the same rotation, round by round. */
export async function contendForRotations(plan: ContentionPlan): Promise<ContentionFigures> {
  const { kind, rounds, processes, instancesEach, onRound } = plan
  const { stop, ...target } = await startVaultTarget(kind)
  const access = openVaultTarget(target, 4)
  const admin = await startFakeOpenAiAdmin()
  const provider = { baseUrl: admin.baseUrl, adminKey: admin.adminKey }
  const order: RotatorsOrder = { target, name: 'contended', provider, instances: instancesEach }
  const children: ChildProcess[] = []
  try {
    const first = await openScene(access.store(order.name), { provider })
    let current = await waitFor(() => first.get('openai').version, { timeoutMs: 20_000 })
    await first.close()
    const watching = await openScene(access.store(order.name), { provider, rotate: false })
    const promotedBefore = await countPromotions(watching)
    const createdBefore = admin.created

    for (let started = 0; started < processes; started++) {
      children.push(forkProcess(rotators, order))
    }
    await Promise.all(children.map(answerOf))
    let extra = 0
    for (let round = 1; round <= rounds; round++) {
      const created = admin.created
      const answers = children.map(answerOf)
      for (const child of children) child.send({ ifVersion: current } satisfies RotateOrder)
      const versions = new Set((await Promise.all(answers)).flatMap((report) => report.versions))
      const [version = 0, ...others] = [...versions]
      if (others.length > 0 || version !== current + 1) {
        throw new Error(`round ${String(round)} came to the versions ${[...versions].join(', ')}`)
      }
      extra += Math.abs(admin.created - created - 1)
      current = version
      onRound?.(round)
    }
    const promotions = (await countPromotions(watching)) - promotedBefore
    const creates = admin.created - createdBefore
    await watching.close()
    return {
      rounds,
      rotators: processes * instancesEach,
      processes,
      creates,
      promotions,
      extra: extra + Math.abs(promotions - rounds),
    }
  } finally {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    }
    await admin.close()
    await access.close()
    await stop()
  }
}
