import { createOllamaProvider } from '../../src/providers/ollama-provider.ts'
import { type Dialect, usualStatus, type WireError } from './dialect.ts'

const line = (fields: object): string =>
  `${JSON.stringify({ model: 'llama3.2', created_at: '2026-01-01T00:00:00Z', ...fields })}\n`

const part = (message: object): string =>
  line({ message: { role: 'assistant', content: '', ...message }, done: false })

const messages: Readonly<Partial<Record<WireError, string>>> = {
  'context-too-long': 'input length exceeds maximum context length',
  filtered: 'content_filter: the prompt was refused',
  'no-credit': 'billing_error: the credit of this account is used up',
}

/** @see https://github.com/ollama/ollama/blob/main/docs/api.md */
export const ollamaDialect: Dialect = {
  name: 'ollama',
  create: (origin) => createOllamaProvider({ host: origin, model: 'llama3.2', contextTokens: 8192 }),
  contentType: 'application/x-ndjson',
  begin: part({}),
  text: (content) => part({ content }),
  thought: part({ thinking: 'Let me think.' }),
  ping: part({}),
  toolCall: part({ tool_calls: [{ function: { name: 'rm', arguments: {} } }] }),
  finish: (reason) =>
    line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: reason === 'length' ? 'length' : 'stop',
      prompt_eval_count: 9,
      eval_count: 4,
    }),
  end: '',
  streamError: `${JSON.stringify({ error: 'an error was encountered while running the model' })}\n`,
  status: usualStatus,
  errorBody: (error) => ({ error: messages[error] ?? `it is ${error}` }),
  // Ollama knows neither refusals nor filters, and its calls of tools end like any answer.
  finishSeen: { refusal: 'stop', filter: 'stop', tool: 'stop' },
}
