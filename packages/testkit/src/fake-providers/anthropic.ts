import {
  type Completion,
  type FakeProvider,
  type FakeProviderOptions,
  sendJson,
  startFakeProvider,
  streamPieces,
} from './fake-provider.ts'

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

const errorBody = (status: number, message: string): unknown => ({
  type: 'error',
  error: { type: errorTypes[status] ?? 'api_error', message },
  request_id: 'req_fake',
})

const model = (id: string, displayName: string) => ({
  type: 'model',
  id,
  display_name: displayName,
  created_at: '2026-01-01T00:00:00Z',
})

async function complete(completion: Completion): Promise<void> {
  const { request, response, pieces } = completion
  if (request.headers['anthropic-version'] === undefined) {
    sendJson(response, 400, errorBody(400, 'anthropic-version: header is required'))
    return
  }
  if (typeof request.body['max_tokens'] !== 'number') {
    sendJson(response, 400, errorBody(400, 'max_tokens: Field required'))
    return
  }
  const message = {
    id: 'msg_fake',
    type: 'message',
    role: 'assistant',
    model: request.body['model'],
    content: [{ type: 'text', text: pieces.join('') }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 9, output_tokens: pieces.length },
  }
  if (request.body['stream'] !== true) {
    sendJson(response, 200, message)
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  }
  const begun = { ...message, content: [], stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } }
  send('message_start', { message: begun })
  send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  send('ping', {})
  const whole = await streamPieces(
    completion,
    (text) => {
      send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
    },
    () => {
      send('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })
    },
  )
  if (!whole) return
  send('content_block_stop', { index: 0 })
  send('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: pieces.length },
  })
  send('message_stop', {})
  response.end()
}

/**
 * Starts a server that speaks Anthropic's messages API: JSON and its named events, its error bodies,
 * and `GET /v1/models`. Like the real one it insists on `anthropic-version` and `max_tokens`.
 *
 * @see https://docs.anthropic.com/en/api/messages
 */
export function startFakeAnthropic(options?: FakeProviderOptions): Promise<FakeProvider> {
  const models = [model('claude-haiku-4-5', 'Claude Haiku 4.5'), model('claude-sonnet-5', 'Claude Sonnet 5')]
  return startFakeProvider(
    {
      basePath: '',
      completionPath: '/v1/messages',
      // The header of the documentation, or the bearer token that the SDK sends since version 1.
      keyOf: ({ authorization, 'x-api-key': key }) =>
        key?.toString() ?? authorization?.replace(/^Bearer /, ''),
      errorBody,
      documents: {
        '/v1/models': { data: models, has_more: false, first_id: models[0]?.id, last_id: models.at(-1)?.id },
      },
      complete,
    },
    options,
  )
}
