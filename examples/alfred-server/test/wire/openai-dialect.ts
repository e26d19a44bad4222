import { createOpenAiProvider } from '../../src/providers/openai-provider.ts'
import { type Dialect, usualStatus, type WireError, type WireFinish } from './dialect.ts'

const chunk = (choices: readonly object[], more: object = {}): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-5-mini',
    choices,
    ...more,
  })}\n\n`

const delta = (fields: object, finish: string | null = null): string =>
  chunk([{ index: 0, delta: fields, finish_reason: finish }])

const finishes: Readonly<Record<WireFinish, string>> = {
  stop: 'stop',
  length: 'length',
  refusal: 'stop',
  filter: 'content_filter',
  tool: 'tool_calls',
}

const errors: Readonly<Record<WireError, readonly [type: string, code: string | null]>> = {
  'context-too-long': ['invalid_request_error', 'context_length_exceeded'],
  filtered: ['invalid_request_error', 'content_filter'],
  'no-credit': ['insufficient_quota', 'insufficient_quota'],
  'not-found': ['invalid_request_error', 'model_not_found'],
  overloaded: ['server_error', null],
  'rate-limited': ['requests', 'rate_limit_exceeded'],
  'server-error': ['server_error', null],
  'too-large': ['invalid_request_error', null],
  unauthorized: ['invalid_request_error', 'invalid_api_key'],
}

/** @see https://platform.openai.com/docs/api-reference/chat-streaming */
export const openAiDialect: Dialect = {
  name: 'openai',
  create: (origin) =>
    createOpenAiProvider({
      apiKey: () => Promise.resolve('sk'),
      baseUrl: `${origin}/v1`,
      model: 'gpt-5-mini',
    }),
  contentType: 'text/event-stream',
  begin: delta({ role: 'assistant', content: '', refusal: null }),
  text: (content) => delta({ content }),
  thought: delta({ reasoning_content: 'Let me think.' }),
  ping: ': OPENROUTER PROCESSING\n\n',
  toolCall: delta({
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'rm', arguments: '{}' } }],
  }),
  finish: (reason) => (reason === 'refusal' ? delta({ refusal: 'No.' }) : '') + delta({}, finishes[reason]),
  end: `${chunk([], { usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 } })}data: [DONE]\n\n`,
  streamError: `data: ${JSON.stringify({ error: { message: 'The server had an error', type: 'server_error', code: null } })}\n\n`,
  status: (error) => (error === 'no-credit' ? 429 : usualStatus(error)),
  errorBody: (error) => {
    const [type, code] = errors[error]
    return { error: { message: `It is ${error}.`, type, code, param: null } }
  },
  finishSeen: { tool: 'stop' },
}
