import { breakThreads } from './broken-threads.ts'
import { measureHeapDrift } from './heap-drift.ts'
import { measureMaxBlock } from './max-block.ts'

/** What hostile input and many inputs cost. */
export type ValidationBoundsFigures = {
  /** The longest that anything kept the main thread busy, for any input of at most 100 KB, ms of its processor time. */
  readonly worstBlockMs: number
  /** The longest time that passed meanwhile: threads of this process and other processes have part in it. */
  readonly worstWallMs: number
  readonly worstInput: string
  /** How much the heap grew over the sanitisations, with a turn of the event loop after every tenth, MB. */
  readonly heapDriftMb: number
  /** The same where the event loop turns only when the sanitiser lets it. */
  readonly heapDriftSyncMb: number
  /** How many dirty inputs came back with what should have been removed. */
  readonly passedThrough: number
}

const round = (value: number): number => Number(value.toFixed(2))

/**
 * Measures what hostile input costs: the main thread's longest block, what the heap keeps, and whether time-outs,
 * full queues and ended threads let anything through. `ALFRED_SANITISATIONS` is for shorter runs.
 */
export async function verifyValidationBounds(): Promise<ValidationBoundsFigures> {
  const progress = (line: string): void => {
    console.error(line)
  }
  const broken = await breakThreads(progress)
  const block = await measureMaxBlock(progress)
  const count = Number(process.env['ALFRED_SANITISATIONS'] ?? 1_000_000)
  const yielding = await measureHeapDrift(count, true, progress)
  const sync = await measureHeapDrift(count, false, progress)
  const passedThrough = broken + yielding.passedThrough + sync.passedThrough
  if (block.ms > 20 || yielding.megabytes > 5 || sync.megabytes > 5 || passedThrough > 0) process.exitCode = 1
  return {
    worstBlockMs: round(block.ms),
    worstWallMs: round(block.wallMs),
    worstInput: block.input,
    heapDriftMb: round(yielding.megabytes),
    heapDriftSyncMb: round(sync.megabytes),
    passedThrough,
  }
}
