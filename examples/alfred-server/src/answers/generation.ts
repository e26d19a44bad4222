import { type Clock, type Logger, type Timer, repeat } from '@alfred/core'
import { setTimeout as delay } from 'node:timers/promises'
import type { BegunTurn, ChatStore } from '../chat/chat-store.ts'
import type { EndState } from '../chat/turn-state.ts'
import { createStorablePieces } from '../database/storable-text.ts'
import type { Owner } from '../owners/owners.ts'
import { problemOf, retryAfterSeconds } from '../problems.ts'
import type { ProviderName, Turn } from '../providers/chat-provider.ts'
import type { Answer, Failover } from '../providers/failover.ts'
import { AnswerInterruptedError, QuestionRefusedError } from '../providers/provider-failure.ts'
import type { AnswerLog } from './answer-log.ts'
import { type AnswerEnd, LiveAnswer } from './live-answer.ts'

/** How an answer ended, for the accounts. */
export interface GenerationReport {
  readonly owner: Owner
  readonly turn: BegunTurn
  readonly turns: readonly Turn[]
  readonly text: string
  readonly provider: ProviderName | undefined
  readonly model: string | undefined
  readonly end: AnswerEnd
  readonly durationMs: number
  /** What went wrong, unless nothing did. */
  readonly error: unknown
}

interface GenerationOptions {
  readonly owner: Owner
  readonly store: ChatStore
  readonly failover: Pick<Failover, 'answer'>
  readonly log: AnswerLog
  readonly logger: Logger
  readonly clock: Clock
  readonly turn: BegunTurn
  readonly turns: readonly Turn[]
  readonly only: ProviderName | undefined
}

/** How often the text is saved: what a crash may take with it. */
const saveMs = 1000

/** How often and for how long the end is tried to be saved: a restart of the database takes seconds. */
const retrySaveMs = 500
const retrySaves = 120

/** The making of one answer. */
export class Generation {
  readonly live = new LiveAnswer()
  /** Resolves when the answer is over and stored. */
  readonly done: Promise<void>
  readonly #options: GenerationOptions
  readonly #abort = new AbortController()
  readonly #finished = Promise.withResolvers<undefined>()
  /** Why it was aborted. */
  #abortedAs: 'stopped' | 'cut' = 'stopped'
  #saving: Promise<void> | undefined

  constructor(options: GenerationOptions) {
    this.#options = options
    this.done = this.#finished.promise.then(() => undefined)
  }

  get owner(): Owner {
    return this.#options.owner
  }

  get sessionId(): string {
    return this.#options.turn.sessionId
  }

  /** Stops it, as somebody wished. */
  stop(): void {
    this.#abort.abort()
  }

  /** Ends it, since the process ends. */
  cut(): void {
    this.#abortedAs = 'cut'
    this.#abort.abort()
  }

  async run(): Promise<GenerationReport> {
    const { clock, turn, turns, log, logger } = this.#options
    const startedAt = clock.monotonicMs()
    const saving = this.#saveRegularly()
    let end: AnswerEnd
    let failure: unknown
    try {
      end = await this.#generate()
    } catch (error) {
      failure = error
      end = this.#endOf(error)
      if (end.state === 'failed' && !end.problem) logger.error({ err: error }, 'an answer failed')
    } finally {
      saving.cancel()
    }
    // What is being saved now must not replace the end, and whoever hears of the end finds it in the database.
    await this.#saving
    await this.#store(end)
    this.live.finish(end)
    log.append(turn.messageId, { type: 'end', at: this.live.text.length, end })
    this.#finished.resolve(undefined)
    const durationMs = clock.monotonicMs() - startedAt
    return { owner: this.owner, turn, turns, ...this.#progress, end, durationMs, error: failure }
  }

  async #generate(): Promise<AnswerEnd> {
    const { failover, log, turn, turns, only } = this.#options
    const answer = await failover.answer(turns, { signal: this.#abort.signal, only })
    const answerer = { provider: answer.provider, model: answer.model }
    this.live.begin(answerer)
    log.append(turn.messageId, { type: 'provider', answerer })
    const pieces = createStorablePieces()
    for await (const piece of answer.tokens) this.#append(pieces.push(piece))
    this.#append(pieces.end())
    return { state: stateOf(answer), finish: answer.finish(), usage: answer.usage() }
  }

  #append(text: string): void {
    if (text === '') return
    const at = this.live.text.length
    this.live.append(text)
    this.#options.log.append(this.#options.turn.messageId, { type: 'text', at, text })
  }

  get #progress() {
    const { text, answerer } = this.live
    return { text, provider: answerer?.provider, model: answerer?.model }
  }

  #endOf(error: unknown): AnswerEnd {
    if (this.#abort.signal.aborted) return { state: this.#abortedAs, finish: 'cut' }
    const problem = problemOf(error)
    const retry = retryAfterSeconds(error)
    return { state: failedState(error), finish: 'cut', problem, retryAfterSeconds: retry }
  }

  #saveRegularly(): Timer {
    const { clock, store, turn } = this.#options
    const save = async (): Promise<void> => {
      if (await store.save(turn.messageId, this.#progress)) this.stop()
    }
    return repeat(clock, saveMs, () => {
      // A database that is away gets the text in the next second.
      this.#saving ??= save()
        .catch(() => undefined)
        .finally(() => (this.#saving = undefined))
    })
  }

  async #store(end: AnswerEnd): Promise<void> {
    const { store, turn, logger } = this.#options
    for (let left = retrySaves; ; left--) {
      try {
        await store.finish(turn.messageId, this.#progress, end)
        return
      } catch (error) {
        if (left === 0) {
          logger.error({ err: error }, 'the end of an answer could not be stored')
          return
        }
        await delay(retrySaveMs)
      }
    }
  }
}

function stateOf(answer: Answer): EndState {
  const finish = answer.finish()
  return finish === 'refusal' || finish === 'filter' ? 'refused' : 'complete'
}

function failedState(error: unknown): EndState {
  if (error instanceof AnswerInterruptedError) return 'cut'
  return error instanceof QuestionRefusedError ? 'refused' : 'failed'
}
