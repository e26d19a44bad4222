import type { Backend } from './backend/backend.ts'
import { DeployError } from './deploy-error.ts'
import type { Edge } from './edge/edge.ts'
import type { Slot } from './slot.ts'

/** What is asked and changed. */
export interface DrainContext {
  readonly backend: Pick<Backend, 'slots' | 'running' | 'ask'>
  readonly edge: Pick<Edge, 'isUp' | 'down'>
  readonly signal: AbortSignal
  /** Only says which slot it would be. */
  readonly dryRun: boolean
}

/**
 * Stops sending requests to a slot that is ill. The next deployment fills it again.
 *
 * @returns the slot; `undefined` when every slot that gets requests is well
 * @throws DeployError `refused` when no other slot is well: an ill one is better than none
 */
export async function drainIllSlot({
  backend,
  edge,
  signal,
  dryRun,
}: DrainContext): Promise<Slot | undefined> {
  const slots = await Promise.all(
    backend.slots.map(async (slot) => ({
      slot,
      isUp: await edge.isUp(slot),
      isWell: await isWell(backend, slot, signal),
    })),
  )
  const ill = slots.find(({ isUp, isWell }) => isUp && !isWell)?.slot
  if (ill === undefined) return undefined
  if (!slots.some(({ isUp, isWell }) => isUp && isWell)) {
    throw new DeployError('refused', 'Nothing was touched. No other slot is well: scripts/health-check.sh.')
  }
  if (!dryRun) await edge.down(ill, signal)
  return ill
}

async function isWell(backend: DrainContext['backend'], slot: Slot, signal: AbortSignal): Promise<boolean> {
  if ((await backend.running(slot, signal)) === undefined) return false
  return backend.ask(slot, signal).then(
    ({ isReady }) => isReady,
    () => false,
  )
}
