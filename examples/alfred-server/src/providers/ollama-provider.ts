import { Ollama } from 'ollama'
import {
  type AnswerStream,
  type ChatProvider,
  type Finish,
  maxAnswerTokens,
  systemPrompt,
  type TokenUsage,
} from './chat-provider.ts'
import { wholeJsonLines } from './json-lines.ts'

/** How Ollama is reached. */
export interface OllamaOptions {
  readonly host: string
  /** By default the first model that is installed there. */
  readonly model: string | undefined
  /** The window of the model that is asked for, in tokens; Ollama cuts what is longer without a word. */
  readonly contextTokens: number
}

/** What Ollama says of an error. */
async function errorOf(response: Response): Promise<Error> {
  const said = await response.text().catch(() => '')
  return Object.assign(new Error(`Ollama answered ${String(response.status)}`), {
    status: response.status,
    headers: response.headers,
    error: { message: said.slice(0, 1000) },
  })
}

/** Ollama's package prints what it cannot read; here it is an error, of a response with its status. */
const fetchOrThrow =
  (signal: AbortSignal): typeof fetch =>
  async (input, init) => {
    const signals = init?.signal ? AbortSignal.any([signal, init.signal]) : signal
    const response = await fetch(input, { ...init, signal: signals })
    if (response.ok) return new Response(response.body?.pipeThrough(wholeJsonLines()) ?? null, response)
    throw await errorOf(response)
  }

/** A part of an answer. The last one alone says how much was counted. */
interface Part {
  readonly message?: { readonly content?: string }
  readonly done?: boolean
  readonly done_reason?: string
  readonly prompt_eval_count?: number
  readonly eval_count?: number
}

function read(parts: AsyncIterable<Part>): Omit<AnswerStream, 'model'> {
  let counted: TokenUsage | undefined
  let finish: Finish = 'cut'

  async function* texts(): AsyncGenerator<string> {
    for await (const { message, done = false, done_reason: reason, ...counts } of parts) {
      yield message?.content ?? ''
      if (!done || finish !== 'cut') continue
      finish = reason === 'length' ? 'length' : 'stop'
      // A prompt that was read before is not counted again.
      counted = { inputTokens: counts.prompt_eval_count ?? 0, outputTokens: counts.eval_count ?? 0 }
    }
    if (finish === 'cut') throw new Error('the stream ended without its last part')
  }
  return { tokens: texts(), finish: () => finish, usage: () => counted }
}

/** Talks to an Ollama server. */
export function createOllamaProvider({ host, model, contextTokens }: OllamaOptions): ChatProvider {
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
        options: { num_ctx: contextTokens, num_predict: maxAnswerTokens },
        messages: [{ role: 'system', content: systemPrompt }, ...turns],
      })
      return { model: chosen, ...read(parts) }
    },
    async probe(signal) {
      await client(signal).list()
    },
  }
}
