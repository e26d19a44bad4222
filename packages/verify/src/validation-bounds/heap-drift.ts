import { setImmediate as nextTurn } from 'node:timers/promises'
import { createHtmlSanitizer } from '@alfred/input-validation'
import { dirtyHtml, isDirty } from './dirty-html.ts'

/** What many sanitisations leave behind. */
export interface HeapDrift {
  readonly megabytes: number
  readonly passedThrough: number
}

async function heapMegabytes(): Promise<number> {
  const collect = globalThis.gc
  if (!collect) throw new Error('run with --expose-gc: pnpm verify does')
  for (let round = 0; round < 4; round++) {
    await nextTurn()
    collect()
  }
  return process.memoryUsage().heapUsed / 2 ** 20
}

/**
 * Sanitises so many times.
 *
 * @param yields - whether the event loop turns after every tenth; otherwise it turns only where the sanitiser lets it
 */
export async function measureHeapDrift(
  count: number,
  yields: boolean,
  progress: (line: string) => void,
): Promise<HeapDrift> {
  const sanitizer = createHtmlSanitizer({ timeoutMs: 60_000, maxQueued: 1000 })
  await sanitizer.ready()
  let passedThrough = 0
  const sanitise = async (index: number): Promise<void> => {
    const outcome = sanitizer.sanitize(`${dirtyHtml}${String(index)}`)
    if (isDirty(outcome instanceof Promise ? await outcome : outcome)) passedThrough += 1
    if (yields && index % 10 === 0) await nextTurn()
  }
  // What a long run holds in any case, code and caches, is not drift.
  for (let index = 0; index < count / 20; index++) await sanitise(index)
  const before = await heapMegabytes()
  for (let index = 0; index < count; index++) {
    await sanitise(index)
    if (index % 100_000 === 0)
      progress(`${yields ? 'yielding' : 'not yielding'}: ${String(index)} of ${String(count)}`)
  }
  const megabytes = (await heapMegabytes()) - before
  await sanitizer.close()
  return { megabytes, passedThrough }
}
