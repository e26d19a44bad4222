import Anthropic from '@anthropic-ai/sdk'
import { type AnswerStream, type ChatProvider, maxAnswerTokens, systemPrompt } from './chat-provider.ts'

/** How Anthropic is reached. */
export interface AnthropicOptions {
  /** Asked for the key on every call, so that a rotated key is used at once. */
  readonly apiKey: () => Promise<string>
  readonly baseUrl: string | undefined
  readonly model: string
}

function read(events: AsyncIterable<Anthropic.RawMessageStreamEvent>): Omit<AnswerStream, 'model'> {
  let inputTokens = 0
  let outputTokens = 0
  let finished = false

  async function* texts(): AsyncGenerator<string> {
    for await (const event of events) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text
      else if (event.type === 'message_start') inputTokens = event.message.usage.input_tokens
      // The count so far, not what was added.
      else if (event.type === 'message_delta') outputTokens = event.usage.output_tokens
      finished ||= event.type === 'message_stop'
    }
    // A connection that closes early looks like the end of the stream to the SDK.
    if (!finished) throw new Error('the stream ended without message_stop')
  }
  return { tokens: texts(), usage: () => (finished ? { inputTokens, outputTokens } : undefined) }
}

/** Talks to Anthropic's messages. */
export function createAnthropicProvider({ apiKey, baseUrl, model }: AnthropicOptions): ChatProvider {
  // Failing over is the retry: a retry here would only delay it.
  const client = new Anthropic({ apiKey, baseURL: baseUrl ?? null, maxRetries: 0, logLevel: 'off' })
  return {
    name: 'anthropic',
    async answer(turns, signal) {
      const events = await client.messages.create(
        {
          model,
          stream: true,
          max_tokens: maxAnswerTokens,
          system: systemPrompt,
          messages: [...turns],
        },
        { signal },
      )
      return { model, ...read(events) }
    },
    async probe(signal) {
      await client.models.list({}, { signal })
    },
  }
}
