import type { Backend } from './backend/backend.ts'
import { until, withDeadline } from './deadline.ts'
import type { Edge } from './edge/edge.ts'
import type { Progress } from './progress.ts'
import { describeRelease, type Release } from './release.ts'
import type { Deadlines } from './settings.ts'
import type { Slot } from './slot.ts'

/** What a run works with. */
export interface RolloutContext {
  readonly backend: Backend
  readonly edge: Edge
  readonly progress: Progress
  readonly deadlines: Deadlines
  readonly quietMs: number
  readonly settleMs: number
  /** The pause between two looks at a slot. */
  readonly pollMs: number
  /** Asks the app through the edge. Throws when an answer is wrong. */
  readonly smoke: (signal: AbortSignal) => Promise<void>
  /** Ends the run. */
  readonly signal: AbortSignal
  /** Only for a control run that must fail: ends the app before the edge knows. @default false */
  readonly unsafeStopFirst?: boolean | undefined
}

/** A slot becomes ready only after so many good answers in a row. */
const readyAnswers = 3

/**
 * Puts a release into one slot. The order is what keeps requests whole: the edge first sends no more, what has begun
 * ends, and only then is the app told to stop.
 *
 * @param onTouched - called before the slot is changed in any way
 */
export async function replaceSlot(
  context: RolloutContext,
  slot: Slot,
  release: Release,
  onTouched: () => void,
): Promise<void> {
  const { backend, edge, progress, deadlines, signal } = context
  const step = (name: string, ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> =>
    progress.step(name, slot.name, () => withDeadline(`${name} ${slot.name}`, ms, signal, work))
  const replace = (): Promise<void> =>
    step('replace', deadlines.replaceMs, (until) => backend.replace(slot, release, until))

  if (context.unsafeStopFirst) {
    onTouched()
    await replace()
    await step('ready', deadlines.readyMs, (until) => waitReady(context, slot, release, until))
    await step('up', deadlines.edgeMs, (until) => edge.up(slot, until))
    return
  }
  await step('down', deadlines.edgeMs, async (until) => {
    await edge.down(slot, until)
    onTouched()
  })
  await step('drain', deadlines.drainMs + context.quietMs + 5000, (until) => drain(context, slot, until))
  await replace()
  await step('ready', deadlines.readyMs, (until) => waitReady(context, slot, release, until))
  await step('settle', context.settleMs + deadlines.readyMs, (until) => settle(context, slot, release, until))
  await step('up', deadlines.edgeMs, (until) => edge.up(slot, until))
  await step('smoke', deadlines.smokeMs, context.smoke)
}

/** Waits until the slot has nothing to do but WebSockets, which the app closes with 1012 so that clients resume. */
async function drain(context: RolloutContext, slot: Slot, signal: AbortSignal): Promise<void> {
  const { backend, edge, deadlines, quietMs, progress } = context
  if ((await backend.running(slot, signal)) === undefined) return
  const startedAt = performance.now()
  const passed = (): number => performance.now() - startedAt
  const isIdle = async (): Promise<boolean> => {
    if (passed() > quietMs + deadlines.drainMs) return true
    const connections = await edge.inflight(slot, signal)
    if (connections === 0 && passed() > quietMs) return true
    if (connections > 0 && passed() > quietMs) {
      return (await backend.ask(slot, signal)).activeRequests === 0
    }
    return false
  }
  await until(isIdle, signal, context.pollMs)
  if (passed() > quietMs + deadlines.drainMs) {
    await progress.warn(`slot ${slot.name} still works on requests: the app's own drain ends them`)
  }
}

async function waitReady(
  context: RolloutContext,
  slot: Slot,
  release: Release,
  signal: AbortSignal,
): Promise<void> {
  let good = 0
  await until(
    async () => {
      good = (await isServing(context, slot, release, signal)) ? good + 1 : 0
      return good >= readyAnswers
    },
    signal,
    context.pollMs,
  )
}

/** Watches a ready slot for a while, so that what crashes soon never gets a request. */
async function settle(
  context: RolloutContext,
  slot: Slot,
  release: Release,
  signal: AbortSignal,
): Promise<void> {
  const instance = (await context.backend.running(slot, signal))?.instance
  const endsAt = performance.now() + context.settleMs
  await until(
    async () => {
      const running = await context.backend.running(slot, signal)
      if (running === undefined) throw new Error(`slot ${slot.name} ended after it was ready`)
      if (running.instance !== instance)
        throw new Error(`slot ${slot.name} was started anew after it was ready`)
      if (performance.now() < endsAt) return false
      return isServing(context, slot, release, signal)
    },
    signal,
    context.pollMs,
  )
}

/**
 * Whether the slot runs this release and is ready.
 *
 * @throws Error when it runs another one, or has ended: waiting longer would not help
 */
async function isServing(
  { backend }: RolloutContext,
  slot: Slot,
  release: Release,
  signal: AbortSignal,
): Promise<boolean> {
  const running = await backend.running(slot, signal)
  if (running === undefined) throw new Error(`slot ${slot.name} has ended`)
  if (running.digest !== release.digest) {
    throw new Error(`slot ${slot.name} runs ${running.digest} instead of ${describeRelease(release)}`)
  }
  const answer = await backend.ask(slot, signal)
  if (answer.isReady && answer.version !== undefined && answer.version !== release.version) {
    throw new Error(`slot ${slot.name} answers as ${answer.version} instead of ${release.version}`)
  }
  return answer.isReady
}

/** Whether a slot serves `release` already, so that nothing needs to be done. */
export async function servesAlready(context: RolloutContext, slot: Slot, release: Release): Promise<boolean> {
  if (!(await context.edge.isUp(slot))) return false
  return isServing(context, slot, release, context.signal).catch(() => false)
}

/** Whether a slot answers requests, whatever it runs. */
export async function isHealthy(context: RolloutContext, slot: Slot): Promise<boolean> {
  const { backend, edge, signal } = context
  if (!(await edge.isUp(slot)) || (await backend.running(slot, signal)) === undefined) return false
  return (await backend.ask(slot, signal)).isReady
}
