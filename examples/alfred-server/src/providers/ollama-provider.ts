import { type ChatResponse, Ollama } from 'ollama'
import {
  type AnswerStream,
  type ChatProvider,
  maxAnswerTokens,
  systemPrompt,
  type TokenUsage,
} from './chat-provider.ts'

/** How Ollama is reached. */
export interface OllamaOptions {
  readonly host: string
  /** By default the first model that is installed there. */
  readonly model: string | undefined
}

/** Ollama's package prints what it cannot read of an error response; here it is an error with its status. */
const fetchOrThrow =
  (signal: AbortSignal): typeof fetch =>
  async (input, init) => {
    const signals = init?.signal ? AbortSignal.any([signal, init.signal]) : signal
    const response = await fetch(input, { ...init, signal: signals })
    if (response.ok) return response
    await response.body?.cancel()
    throw Object.assign(new Error(`Ollama answered ${String(response.status)}`), { status: response.status })
  }

function read(parts: AsyncIterable<ChatResponse>): Omit<AnswerStream, 'model'> {
  let counted: TokenUsage | undefined

  async function* texts(): AsyncGenerator<string> {
    for await (const { message, done, ...counts } of parts) {
      if (message.content !== '') yield message.content
      if (done) counted = { inputTokens: counts.prompt_eval_count, outputTokens: counts.eval_count }
    }
  }
  return { tokens: texts(), usage: () => counted }
}

/** Talks to an Ollama server. */
export function createOllamaProvider({ host, model }: OllamaOptions): ChatProvider {
  // A client per call: the package has no signal of its own, and its abort() ends every call at once.
  const client = (signal: AbortSignal): Ollama => new Ollama({ host, fetch: fetchOrThrow(signal) })

  const firstInstalled = async (ollama: Ollama): Promise<string> => {
    const { models } = await ollama.list()
    const first = models[0]
    if (!first) throw new Error('Ollama has no model installed; run: ollama pull llama3.2')
    return first.model
  }

  return {
    name: 'ollama',
    async answer(turns, signal) {
      const ollama = client(signal)
      const chosen = model ?? (await firstInstalled(ollama))
      const parts = await ollama.chat({
        model: chosen,
        stream: true,
        options: { num_predict: maxAnswerTokens },
        messages: [{ role: 'system', content: systemPrompt }, ...turns],
      })
      return { model: chosen, ...read(parts) }
    },
    async probe(signal) {
      await client(signal).list()
    },
  }
}
