import {
  type Completion,
  type FakeProvider,
  type FakeProviderOptions,
  sendJson,
  startFakeProvider,
  streamPieces,
} from './fake-provider.ts'

const errorTypes: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'unknown_url'],
  429: ['requests', 'rate_limit_exceeded'],
}

const errorBody = (status: number, message: string): unknown => {
  const [type, code] = errorTypes[status] ?? [status < 500 ? 'invalid_request_error' : 'server_error', null]
  return { error: { message, type, param: null, code } }
}

const created = 1_767_225_600
const id = 'chatcmpl-fake'
const model = (name: string) => ({ id: name, object: 'model', created, owned_by: 'system' })

async function complete(completion: Completion): Promise<void> {
  const { request, response, pieces } = completion
  const common = { id, created, model: request.body['model'], system_fingerprint: 'fp_fake' }
  const usage = { prompt_tokens: 9, completion_tokens: pieces.length, total_tokens: 9 + pieces.length }
  if (request.body['stream'] !== true) {
    const message = { role: 'assistant', content: pieces.join(''), refusal: null, annotations: [] }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
    sendJson(response, 200, { ...common, object: 'chat.completion', choices, usage })
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const send = (data: unknown): void => {
    response.write(`data: ${JSON.stringify(data)}\n\n`)
  }
  const chunk = (delta: unknown, finishReason: string | null): unknown => ({
    ...common,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  })
  send(chunk({ role: 'assistant', content: '' }, null))
  const whole = await streamPieces(
    completion,
    (content) => {
      send(chunk({ content }, null))
    },
    () => {
      send(errorBody(500, 'The server had an error while processing your request.'))
    },
  )
  if (!whole) return
  send(chunk({}, 'stop'))
  const streamOptions = request.body['stream_options']
  if (typeof streamOptions === 'object' && streamOptions !== null && 'include_usage' in streamOptions) {
    send({ ...common, object: 'chat.completion.chunk', choices: [], usage })
  }
  response.end('data: [DONE]\n\n')
}

/**
 * Starts a server that speaks OpenAI's chat completions API: JSON and `data:` chunks ended by
 * `[DONE]`, its error bodies, and `GET /v1/models`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat
 */
export function startFakeOpenAi(options?: FakeProviderOptions): Promise<FakeProvider> {
  return startFakeProvider(
    {
      basePath: '/v1',
      completionPath: '/v1/chat/completions',
      keyOf: ({ authorization }) => authorization?.replace(/^Bearer /, ''),
      errorBody,
      documents: { '/v1/models': { object: 'list', data: [model('gpt-5-mini'), model('gpt-5')] } },
      complete,
    },
    options,
  )
}
