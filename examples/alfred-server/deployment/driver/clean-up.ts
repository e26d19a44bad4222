import type { Backend } from './backend/backend.ts'
import { explain } from './deploy-error.ts'
import { removable } from './history.ts'
import type { Progress } from './progress.ts'

/** Removes releases that nobody goes back to. What fails is a warning: the deployment is done. */
export async function cleanUp(
  backend: Backend,
  progress: Progress,
  kept: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    const running = await Promise.all(backend.slots.map((slot) => backend.running(slot, signal)))
    const digests = running.flatMap((slot) => (slot ? [slot.digest] : []))
    for (const release of removable(await backend.list(signal), progress.state(), digests, kept)) {
      await progress.step('clean-up', undefined, () => backend.remove(release, signal))
    }
  } catch (error) {
    await progress.warn(`the clean-up failed: ${explain(error)}`)
  }
}
