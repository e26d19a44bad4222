import type { Worker } from 'node:worker_threads'
import { createHtmlSanitizer, type HtmlSanitizer } from '@alfred/input-validation'
import { dirtyHtml, isDirty } from './dirty-html.ts'

type HtmlOutcome = Awaited<ReturnType<HtmlSanitizer['sanitize']>>

/** So long that it is sanitised in a thread, for some time. */
const longDirty = dirtyHtml.repeat(400)

const names = (outcomes: readonly HtmlOutcome[]): string => {
  const counts = Map.groupBy(outcomes, (outcome) => ('html' in outcome ? 'sanitised' : outcome.refusal))
  return [...counts].map(([name, { length }]) => `${String(length)} ${name}`).join(', ')
}

/** @throws Error unless the outcomes have all of these refusals */
function expectRefusals(
  what: string,
  outcomes: readonly HtmlOutcome[],
  ...expected: readonly string[]
): void {
  const refusals = new Set(outcomes.map((outcome) => ('refusal' in outcome ? outcome.refusal : 'sanitised')))
  for (const refusal of expected)
    if (!refusals.has(refusal as never)) throw new Error(`${what}: ${names(outcomes)}, and no ${refusal}`)
}

/**
 * Lets threads time out, ends them while they work, fills their memory and their queue, closes the sanitiser under
 * them, and sees that the next text is sanitised after each fault.
 *
 * @returns how many texts came back with what should have been removed
 * @throws Error when a fault did not come about, or the sanitiser does not recover
 */
export async function breakThreads(progress: (line: string) => void): Promise<number> {
  const workers: Worker[] = []
  const keep = (worker: Worker): void => void workers.push(worker)
  process.on('worker', keep)
  let passedThrough = 0
  const judge = (what: string, outcomes: readonly HtmlOutcome[]): void => {
    passedThrough += outcomes.filter(isDirty).length
    progress(`${what}: ${names(outcomes)}`)
  }
  const many = (sanitizer: HtmlSanitizer, count: number): Promise<HtmlOutcome[]> =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => sanitizer.sanitize(longDirty + String(index))),
    )
  const expectRecovery = async (what: string, sanitizer: HtmlSanitizer): Promise<void> => {
    const outcome = await sanitizer.sanitize(longDirty)
    judge(`${what}, the next`, [outcome])
    if (!('html' in outcome)) throw new Error(`${what}: the next text is refused: ${outcome.refusal}`)
  }

  const hurried = createHtmlSanitizer({ timeoutMs: 1, maxQueued: 5 })
  const late = await many(hurried, 20)
  judge('time-outs and a full queue', late)
  expectRefusals('time-outs and a full queue', late, 'timeout', 'overloaded')
  await hurried.close()
  const closed = await many(hurried, 5)
  judge('closed', closed)
  expectRefusals('closed', closed, 'closed')

  const patient = createHtmlSanitizer({ timeoutMs: 60_000, maxLength: 2 ** 24 })
  await patient.ready()
  const ended: HtmlOutcome[] = []
  for (let round = 0; round < 5; round++) {
    const outcomes = many(patient, 3)
    // The text is with the thread by then, and takes it longer.
    setTimeout(() => void workers.at(-1)?.terminate(), round * 5)
    ended.push(...(await outcomes))
    await expectRecovery('ended while working', patient)
  }
  judge('ended while working', ended)
  expectRefusals('ended while working', ended, 'failed')

  const filled = [await patient.sanitize(`${dirtyHtml}${'<br>'.repeat(1_000_000)}`)]
  judge('out of memory', filled)
  expectRefusals('out of memory', filled, 'failed')
  await expectRecovery('out of memory', patient)

  const interrupted = many(patient, 5)
  await patient.close()
  judge('closed while working', await interrupted)
  expectRefusals('closed while working', await interrupted, 'closed')
  process.off('worker', keep)
  return passedThrough
}
