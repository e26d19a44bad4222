import OpenAI from 'openai'
import {
  type AnswerStream,
  type ChatProvider,
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

function read(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): Omit<AnswerStream, 'model'> {
  let counted: TokenUsage | undefined

  async function* texts(): AsyncGenerator<string> {
    let finished = false
    for await (const { choices, usage } of chunks) {
      const choice = choices[0]
      if (choice?.delta.content) yield choice.delta.content
      finished ||= choice?.finish_reason != null
      if (usage) counted = { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
    }
    // A connection that closes early looks like the end of the stream to the SDK.
    if (!finished) throw new Error('the stream ended without a finish reason')
  }
  return { tokens: texts(), usage: () => counted }
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
