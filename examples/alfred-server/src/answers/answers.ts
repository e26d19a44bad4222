import { type Clock, type Logger, repeat, runDetached, settleWithin, systemClock } from '@alfred/core'
import type { BegunTurn, ChatStore } from '../chat/chat-store.ts'
import type { Owner } from '../owners/owners.ts'
import type { ProviderName, Turn } from '../providers/chat-provider.ts'
import type { Failover } from '../providers/failover.ts'
import type { AnswerLog } from './answer-log.ts'
import { followAnswer, type FollowedAnswer } from './follow-answer.ts'
import { Generation, type GenerationReport } from './generation.ts'
import type { LiveAnswer } from './live-answer.ts'

/** What {@link createAnswers} needs. */
export interface AnswersOptions {
  readonly store: ChatStore
  readonly failover: Pick<Failover, 'answer'>
  readonly log: AnswerLog
  readonly logger: Logger
  /** Called every three seconds, when abandoned answers were ended. */
  readonly onRound?: (() => Promise<unknown>) | undefined
  /** Called once for each answer, however it ended. */
  readonly onEnd?: ((report: GenerationReport) => void) | undefined
  readonly clock?: Clock | undefined
}

/** What an answer is made of. */
export interface AnswerRequest {
  readonly owner: Owner
  readonly turn: BegunTurn
  readonly turns: readonly Turn[]
  readonly only: ProviderName | undefined
  /** Told how the answer ended, after it was stored. */
  readonly settle?: ((report: GenerationReport) => Promise<void>) | undefined
}

/** The answers that are made here, and a way to those that are made elsewhere. An answer outlives its request. */
export interface Answers extends AsyncDisposable {
  /** Makes an answer in the background. */
  start(request: AnswerRequest): LiveAnswer
  /** Follows an answer, wherever it is made; `undefined` when the owner has no such answer. */
  follow(owner: Owner, messageId: string): Promise<FollowedAnswer | undefined>
  /**
   * Stops an answer, wherever it is made: here at once, elsewhere within a second.
   *
   * @returns whether the owner has such an answer
   */
  stop(owner: Owner, messageId: string): Promise<boolean>
  /** Ends answers whose makers are gone. */
  endAbandoned(): Promise<void>
}

/** An answer that nobody has saved for so long has no maker any more, when it stays so for one more round. */
const quietSeconds = 6
const roundMs = 3000

/** How long the answers in the making may take when the process ends. */
const lastWordsMs = 1000

/** Builds the answers. */
export function createAnswers({
  store,
  failover,
  log,
  logger,
  onEnd = () => undefined,
  onRound = () => Promise.resolve(),
  clock = systemClock,
}: AnswersOptions): Answers {
  const made = new Map<string, Generation>()
  let quiet = new Map<string, string>()

  const endAbandoned = async (): Promise<void> => {
    const found = await store.quietAnswers(quietSeconds)
    for (const answer of found) {
      const isOurs = made.has(answer.id)
      if (!isOurs && quiet.get(answer.id) === answer.savedAt) await store.abandon(answer)
    }
    quiet = new Map(found.map(({ id, savedAt }) => [id, savedAt]))
  }
  const rounds = repeat(clock, roundMs, () => {
    runDetached(
      async () => {
        await endAbandoned()
        await onRound()
      },
      () => undefined,
    )
  })

  return {
    start({ owner, turn, turns, only, settle }) {
      const generation = new Generation({ owner, store, failover, log, logger, clock, turn, turns, only })
      made.set(turn.messageId, generation)
      runDetached(
        async () => {
          const report = await generation.run()
          // From here on the database tells it, to whoever may still read it.
          made.delete(turn.messageId)
          onEnd(report)
          await settle?.(report)
        },
        (err) => {
          logger.error({ err }, 'recording the usage of an answer failed')
        },
      )
      return generation.live
    },

    async follow(owner, messageId) {
      const generation = made.get(messageId)
      if (!generation) return followAnswer({ owner, messageId, store, log, clock })
      if (generation.owner !== owner) return undefined
      return {
        sessionId: generation.sessionId,
        live: generation.live,
        [Symbol.dispose]: () => undefined,
      }
    },

    async stop(owner, messageId) {
      const generation = made.get(messageId)
      if (generation) {
        if (generation.owner !== owner) return false
        generation.stop()
        return true
      }
      const stored = await store.answer(messageId)
      if (stored?.owner !== owner) return false
      await store.requestStop(messageId)
      return true
    },

    endAbandoned,

    async [Symbol.asyncDispose]() {
      rounds.cancel()
      const running = [...made.values()]
      const ended = Promise.all(running.map(({ done }) => done))
      const { settled } = await settleWithin(clock, ended, lastWordsMs)
      if (!settled) {
        for (const generation of running) generation.cut()
        await settleWithin(clock, ended, lastWordsMs)
      }
      await log[Symbol.asyncDispose]()
    },
  }
}
