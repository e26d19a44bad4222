import { createAnthropicProvider } from '../../src/providers/anthropic-provider.ts'
import { type Dialect, usualStatus, type WireError, type WireFinish } from './dialect.ts'

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

const block = (index: number, contentBlock: object, delta: object): string =>
  event('content_block_start', { index, content_block: contentBlock }) +
  event('content_block_delta', { index, delta }) +
  event('content_block_stop', { index })

const finishes: Readonly<Record<WireFinish, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  refusal: 'refusal',
  filter: 'refusal',
  tool: 'tool_use',
}

const errors: Readonly<Record<WireError, readonly [type: string, message: string]>> = {
  'context-too-long': ['invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'],
  filtered: ['invalid_request_error', 'Output blocked by content filtering policy: content_filter'],
  'no-credit': ['invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'],
  'not-found': ['not_found_error', 'model: claude-0'],
  overloaded: ['overloaded_error', 'Overloaded'],
  'rate-limited': ['rate_limit_error', 'Number of requests has exceeded your limit'],
  'server-error': ['api_error', 'Internal server error'],
  'too-large': ['request_too_large', 'Request exceeds the maximum size'],
  unauthorized: ['authentication_error', 'invalid x-api-key'],
}

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 4, cache_read_input_tokens: 5, output_tokens: 1 },
}

/** @see https://docs.anthropic.com/en/docs/build-with-claude/streaming */
export const anthropicDialect: Dialect = {
  name: 'anthropic',
  create: (origin) =>
    createAnthropicProvider({
      apiKey: () => Promise.resolve('sk'),
      baseUrl: origin,
      model: 'claude-haiku-4-5',
    }),
  contentType: 'text/event-stream',
  begin:
    event('message_start', { message }) +
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  text: (text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  thought: block(
    1,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Let me think.' },
  ),
  ping: event('ping'),
  toolCall: block(
    2,
    { type: 'tool_use', id: 'toolu_1', name: 'rm', input: {} },
    { type: 'input_json_delta', partial_json: '{}' },
  ),
  finish: (reason) =>
    event('message_delta', {
      delta: { stop_reason: finishes[reason], stop_sequence: null },
      usage: { output_tokens: 4 },
    }),
  end: event('message_stop'),
  streamError: event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  status: usualStatus,
  errorBody: (error) => {
    const [type, text] = errors[error]
    return { type: 'error', error: { type, message: text }, request_id: 'req_1' }
  },
  finishSeen: { filter: 'refusal', tool: 'stop' },
}
