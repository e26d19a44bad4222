import type { Answerer, AnswerEnd } from './live-answer.ts'

/** One step of an answer, as other instances hear of it. */
export type AnswerEntry =
  | { readonly type: 'provider'; readonly answerer: Answerer }
  /** A piece of the text, and how long the text was before it. */
  | { readonly type: 'text'; readonly at: number; readonly text: string }
  /** The end, and how long the whole text is. */
  | { readonly type: 'end'; readonly at: number; readonly end: AnswerEnd }

/** What instances hear of each other's answers. It may lose entries: the database has everything, a second later. */
export interface AnswerLog extends AsyncDisposable {
  append(messageId: string, entry: AnswerEntry): void
  /**
   * Tells `listener` every entry there is and that comes.
   *
   * @returns a function that ends it
   */
  follow(messageId: string, listener: (entry: AnswerEntry) => void): () => void
}

/** For one instance alone, which has its answers in memory. */
export const noAnswerLog: AnswerLog = {
  append: () => undefined,
  follow: () => () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}
