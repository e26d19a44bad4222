import OpenAI from 'openai'
import {
  type AnswerStream,
  type ChatProvider,
  type Finish,
  maxAnswerTokens,
  systemPrompt,
  type TokenUsage,
} from './chat-provider.ts'

/** How OpenAI, or a server that speaks its API, is reached. */
export interface OpenAiOptions {
  /** Asked for the key on every call, so that a rotated key is used at once. */
  readonly apiKey: () => Promise<string>
  readonly baseUrl: string | undefined
  readonly model: string
}

/** What is read of a chunk. Servers that speak OpenAI's API leave out what OpenAI always sends. */
interface Chunk {
  readonly choices?: readonly Choice[]
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null
}

interface Choice {
  readonly delta?: { readonly content?: string | null; readonly refusal?: string | null }
  readonly finish_reason?: OpenAI.ChatCompletionChunk.Choice['finish_reason']
}

function toFinish(reason: NonNullable<Choice['finish_reason']>, refused: boolean): Finish {
  if (reason === 'content_filter') return 'filter'
  if (refused) return 'refusal'
  return reason === 'length' ? 'length' : 'stop'
}

function read(chunks: AsyncIterable<Chunk>): Omit<AnswerStream, 'model'> {
  let counted: TokenUsage | undefined
  let finish: Finish = 'cut'
  let refused = false

  async function* texts(): AsyncGenerator<string> {
    for await (const { choices = [], usage } of chunks) {
      const [choice] = choices
      if (choice?.delta?.refusal) refused = true
      if (choice) yield (choice.delta?.content ?? '') + (choice.delta?.refusal ?? '')
      if (choice?.finish_reason && finish === 'cut') finish = toFinish(choice.finish_reason, refused)
      if (usage) counted = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
    }
    // A connection that closes early looks like the end of the stream to the SDK.
    if (finish === 'cut') throw new Error('the stream ended without a finish reason')
  }
  return { tokens: texts(), finish: () => finish, usage: () => counted }
}

/** Talks to OpenAI's chat completions. */
export function createOpenAiProvider({ apiKey, baseUrl, model }: OpenAiOptions): ChatProvider {
  // Failing over is the retry: a retry here would only delay it.
  const client = new OpenAI({ apiKey, baseURL: baseUrl ?? null, maxRetries: 0, logLevel: 'off' })
  return {
    name: 'openai',
    async answer(turns, signal) {
      const chunks = await client.chat.completions.create(
        {
          model,
          stream: true,
          stream_options: { include_usage: true },
          max_completion_tokens: maxAnswerTokens,
          messages: [{ role: 'system', content: systemPrompt }, ...turns],
        },
        { signal },
      )
      return { model, ...read(chunks) }
    },
    async probe(signal) {
      await client.models.list({ signal })
    },
  }
}
