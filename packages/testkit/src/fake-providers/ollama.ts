import {
  type Completion,
  type FakeProvider,
  type FakeProviderOptions,
  sendJson,
  startFakeProvider,
  streamPieces,
} from './fake-provider.ts'

const createdAt = '2026-01-01T00:00:00Z'

const installed = (name: string) => ({
  name,
  model: name,
  modified_at: createdAt,
  size: 2_019_393_189,
  digest: 'a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72',
  details: {
    parent_model: '',
    format: 'gguf',
    family: 'llama',
    families: ['llama'],
    parameter_size: '3.2B',
    quantization_level: 'Q4_K_M',
  },
})

async function complete(completion: Completion): Promise<void> {
  const { request, response, pieces } = completion
  const model = request.body['model']
  const line = (content: string, rest: object): object => ({
    model,
    created_at: createdAt,
    message: { role: 'assistant', content },
    ...rest,
  })
  const statistics = {
    done: true,
    done_reason: 'stop',
    total_duration: 5_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: 9,
    prompt_eval_duration: 1_000_000,
    eval_count: pieces.length,
    eval_duration: 3_000_000,
  }
  if (request.body['stream'] === false) {
    sendJson(response, 200, line(pieces.join(''), statistics))
    return
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  const send = (value: object): void => {
    response.write(`${JSON.stringify(value)}\n`)
  }
  const whole = await streamPieces(
    completion,
    (content) => {
      send(line(content, { done: false }))
    },
    () => {
      send({ error: 'an error was encountered while running the model' })
    },
  )
  if (!whole) return
  send(line('', statistics))
  response.end()
}

/**
 * Starts a server that speaks Ollama's API: `POST /api/chat` as newline-delimited JSON (streamed unless
 * `stream` is false), its error bodies, and `GET /api/tags`.
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */
export function startFakeOllama(options?: FakeProviderOptions): Promise<FakeProvider> {
  return startFakeProvider(
    {
      basePath: '',
      completionPath: '/api/chat',
      keyOf: ({ authorization }) => authorization?.replace(/^Bearer /, ''),
      errorBody: (_status, message) => ({ error: message }),
      documents: {
        '/api/tags': { models: [installed('llama3.2:latest')] },
        '/api/version': { version: '0.13.0' },
      },
      complete,
    },
    options,
  )
}
