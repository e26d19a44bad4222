import type { Problem } from '@alfred/core'
import type { EndState } from '../chat/turn-state.ts'
import type { Finish, ProviderName, TokenUsage } from '../providers/chat-provider.ts'

/** Who answers. */
export interface Answerer {
  readonly provider: ProviderName
  readonly model: string
}

/** How an answer ended. */
export interface AnswerEnd {
  readonly state: EndState
  readonly finish: Finish
  readonly usage?: TokenUsage | undefined
  /** What a client is told when the answer is not whole. */
  readonly problem?: Problem | undefined
  /** When to ask again, where that helps. */
  readonly retryAfterSeconds?: number | undefined
}

/** Something that a reader of an answer is told. `at` is how long the text is then: readers resume from there. */
export type AnswerEvent =
  | { readonly type: 'provider'; readonly at: number; readonly answerer: Answerer }
  | { readonly type: 'token'; readonly at: number; readonly text: string }
  | { readonly type: 'end'; readonly at: number; readonly end: AnswerEnd }

/** An answer as far as it is known here, and whoever waits for more of it. */
export class LiveAnswer {
  #text = ''
  #answerer: Answerer | undefined
  #end: AnswerEnd | undefined
  #changed = Promise.withResolvers<undefined>()

  get text(): string {
    return this.#text
  }

  get answerer(): Answerer | undefined {
    return this.#answerer
  }

  get end(): AnswerEnd | undefined {
    return this.#end
  }

  begin(answerer: Answerer): void {
    if (this.#answerer) return
    this.#answerer = answerer
    this.#announce()
  }

  append(piece: string): void {
    if (piece === '') return
    this.#text += piece
    this.#announce()
  }

  /** Takes over a longer text that begins with this one. */
  extendTo(text: string): void {
    this.append(text.slice(this.#text.length))
  }

  finish(end: AnswerEnd): void {
    if (this.#end) return
    this.#end = end
    this.#announce()
  }

  /**
   * What there is, then what comes, until the end or until `signal` aborts. However slow the reader is, it gets each
   * character once.
   *
   * @param from - how much of the text the reader has; `undefined` when it has nothing
   */
  async *read(from: number | undefined, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    const left = Promise.withResolvers<undefined>()
    const leave = (): void => {
      left.resolve(undefined)
    }
    signal.addEventListener('abort', leave, { once: true })
    let at = from ?? 0
    let isIntroduced = at > 0
    try {
      while (!signal.aborted) {
        const changed = this.#changed.promise
        if (this.#answerer && !isIntroduced) {
          isIntroduced = true
          yield { type: 'provider', at, answerer: this.#answerer }
        }
        const piece = this.#text.slice(at)
        at += piece.length
        if (piece !== '') yield { type: 'token', at, text: piece }
        if (at < this.#text.length) continue
        if (this.#end) {
          yield { type: 'end', at, end: this.#end }
          return
        }
        await Promise.race([changed, left.promise])
      }
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  #announce(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers<undefined>()
    resolve(undefined)
  }
}
