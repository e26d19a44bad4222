import type { AlfredGuard } from '@alfred/prod-security'
import { recordAIResponse } from '@alfred/tracing'
import type { ChatProvider } from './chat-provider.ts'

async function* resume(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** The same provider, each of its answers in a span from the call to the last token. */
export function traceProvider(
  provider: ChatProvider,
  { traceAIStream }: Pick<AlfredGuard['tracing'], 'traceAIStream'>,
): ChatProvider {
  return {
    name: provider.name,
    probe: (signal) => provider.probe(signal),
    async answer(turns, signal) {
      let model = ''
      const tokens = traceAIStream(
        { provider: provider.name },
        async (span) => {
          const answer = await provider.answer(turns, signal)
          model = answer.model
          recordAIResponse(span, { model })
          return answer.tokens
        },
        { signal },
      )
      // The first pull begins the span and the call; until then nobody knows the model.
      const first = await tokens.next()
      return { model, tokens: resume(first, tokens) }
    },
  }
}
