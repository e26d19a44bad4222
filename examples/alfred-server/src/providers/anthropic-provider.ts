import Anthropic from '@anthropic-ai/sdk'
import {
  type AnswerStream,
  type ChatProvider,
  type Finish,
  maxAnswerTokens,
  systemPrompt,
} from './chat-provider.ts'

/** How Anthropic is reached. */
export interface AnthropicOptions {
  /** Asked for the key on every call, so that a rotated key is used at once. */
  readonly apiKey: () => Promise<string>
  readonly baseUrl: string | undefined
  readonly model: string
}

type StopReason = Anthropic.RawMessageDeltaEvent['delta']['stop_reason']

function toFinish(reason: NonNullable<StopReason>): Finish {
  if (reason === 'refusal') return 'refusal'
  return reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'length' : 'stop'
}

/** All tokens of the prompt: those that a cache served are billed, too. */
const inputTokensOf = (usage: Anthropic.Usage): number =>
  usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0)

function read(events: AsyncIterable<Anthropic.RawMessageStreamEvent>): Omit<AnswerStream, 'model'> {
  let inputTokens = 0
  let outputTokens: number | undefined
  let finish: Finish = 'cut'

  async function* texts(): AsyncGenerator<string> {
    for await (const event of events) {
      if (event.type === 'message_start') inputTokens = inputTokensOf(event.message.usage)
      else if (event.type === 'content_block_delta') {
        // Whatever is no text, such as a thought, shows that the model is at work.
        yield event.delta.type === 'text_delta' ? event.delta.text : ''
      } else if (event.type === 'message_delta') {
        // The count so far, not what was added.
        outputTokens = event.usage.output_tokens
        if (event.delta.stop_reason) finish = toFinish(event.delta.stop_reason)
      }
    }
    // A connection that closes early looks like the end of the stream to the SDK.
    if (finish === 'cut') throw new Error('the stream ended without a stop reason')
  }
  return {
    tokens: texts(),
    finish: () => finish,
    usage: () => (outputTokens === undefined ? undefined : { inputTokens, outputTokens }),
  }
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
