import {
  type Clock,
  clockRule,
  option,
  type OptionRule,
  runDetached,
  runWithDeadline,
  systemClock,
} from '@alfred/core'
import { freeTextThreshold } from '../detectors/text/finding.ts'
import { currentCollector, type FieldKind, type FlagCollector } from './flag-collector.ts'

/** A judge of prompt injection of your own: a model, a service. Its word is a flag and nothing else. */
export interface PromptScorer {
  /**
   * How likely the text tries to take a language model off its instructions, from 0 to 1. The request does not wait
   * for it.
   *
   * @param signal - aborts at the deadline
   */
  readonly score: (text: string, signal: AbortSignal) => Promise<number>
  /** How long an answer may take. @default 2000 */
  readonly deadlineMs?: number | undefined
  /** The least score that is flagged. @default 0.8 */
  readonly threshold?: number | undefined
  /** How many texts may wait for their score; more are not scored. @default 64 */
  readonly maxPending?: number | undefined
  /** Told when `score` rejects, misses its deadline, or answers no number from 0 to 1. */
  readonly onError?: ((error: unknown) => void) | undefined
  /** @default the machine's */
  readonly clock?: Clock | undefined
}

/** The rule for a `promptScorer` option. */
export const promptScorerRule: OptionRule<PromptScorer> = option.objectOf<PromptScorer>(
  {
    score: option.function(),
    deadlineMs: option.integer({ min: 1, max: 60_000 }),
    threshold: option.number({ min: 0, max: 1 }),
    maxPending: option.integer({ min: 1, max: 10_000 }),
    onError: option.function(),
    clock: clockRule,
  },
  { required: ['score'] },
)

/** Has texts of a kind of field scored, without anybody waiting; what reaches the threshold becomes a flag. */
export function createPromptScoring(kind: FieldKind, scorer: PromptScorer): (text: string) => void {
  const {
    score,
    deadlineMs = 2000,
    threshold = freeTextThreshold,
    maxPending = 64,
    clock = systemClock,
  } = scorer
  const fail = (error: unknown): void => {
    runDetached(
      () => scorer.onError?.(error),
      () => undefined,
    )
  }
  const missed = (): Error => new Error('The prompt scorer missed its deadline.')
  let pending = 0
  /** What was asked for a request. zod runs a schema that turns out to be asynchronous a second time. */
  const scoredTexts = new WeakMap<FlagCollector, Set<string>>()

  const judge = async (text: string): Promise<number> => {
    const value: unknown = await runWithDeadline({ clock, timeoutMs: deadlineMs, late: missed }, (signal) =>
      score(text, signal),
    )
    if (typeof value === 'number' && value >= 0 && value <= 1) return value
    throw new RangeError('The prompt scorer answered no number from 0 to 1.')
  }

  return (text) => {
    const collector = currentCollector()
    if (!collector || pending >= maxPending) return
    const texts = scoredTexts.get(collector) ?? new Set()
    if (texts.has(text)) return
    scoredTexts.set(collector, texts.add(text))
    pending++
    judge(text)
      .then((value) => {
        if (value < threshold) return
        const spans = [{ start: 0, end: text.length }]
        collector.add({ text, kind, detector: 'prompt', action: 'flag', score: value, spans })
      })
      .catch(fail)
      .finally(() => {
        pending--
      })
  }
}
