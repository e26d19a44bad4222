import OpenAI from 'openai'
import { type ChatProvider, maxAnswerTokens, systemPrompt } from './chat-provider.ts'

/** How OpenAI, or a server that speaks its API, is reached. */
export interface OpenAiOptions {
  /** Asked for the key on every call, so that a rotated key is used at once. */
  readonly apiKey: () => Promise<string>
  readonly baseUrl: string | undefined
  readonly model: string
}

async function* texts(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<string> {
  let finished = false
  for await (const { choices } of chunks) {
    const choice = choices[0]
    if (choice?.delta.content) yield choice.delta.content
    finished ||= choice?.finish_reason != null
  }
  // A connection that closes early looks like the end of the stream to the SDK.
  if (!finished) throw new Error('the stream ended without a finish reason')
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
          max_completion_tokens: maxAnswerTokens,
          messages: [{ role: 'system', content: systemPrompt }, ...turns],
        },
        { signal },
      )
      return { model, tokens: texts(chunks) }
    },
    async probe(signal) {
      await client.models.list({ signal })
    },
  }
}
