/** The providers Alfred can talk to. */
export const providerNames = ['openai', 'anthropic', 'ollama', 'demo'] as const

export type ProviderName = (typeof providerNames)[number]

/** One message of a conversation, oldest first. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** The tokens of an answer, as the provider bills them. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
}

/**
 * How an answer ended: `length` at the bound on its tokens, `refusal` by the model, `filter` by the provider. It is `cut`
 * until the provider has said how it ended.
 */
export const finishes = ['stop', 'length', 'refusal', 'filter', 'cut'] as const

export type Finish = (typeof finishes)[number]

/** An answer in the making. */
export interface AnswerStream {
  /** The model that answers. */
  readonly model: string
  /**
   * The answer's pieces; joined they are the answer, which may be empty. An empty piece is a sign of life of a model
   * that thinks. Throws when the provider fails on the way.
   */
  readonly tokens: AsyncIterable<string>
  readonly finish: () => Finish
  /** What the provider counted; it says so at the end of the answer, and `undefined` until then. */
  readonly usage: () => TokenUsage | undefined
}

/** One AI provider. */
export interface ChatProvider {
  readonly name: ProviderName
  /** Begins an answer to the last of `turns`; aborting `signal` ends it. */
  answer(turns: readonly Turn[], signal: AbortSignal): Promise<AnswerStream>
  /** Asks the provider for something cheap, to learn whether it can be reached with our key. */
  probe(signal: AbortSignal): Promise<void>
}

/** What every answer is asked for with. */
export const systemPrompt =
  'You are Alfred, a concise coding assistant. Answer in Markdown, with code in fenced blocks.'

/** The longest answer asked for, in tokens. */
export const maxAnswerTokens = 4096
