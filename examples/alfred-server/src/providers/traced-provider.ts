import type { AlfredGuard } from '@alfred/prod-security'
import { recordAIResponse } from '@alfred/tracing'
import type { AnswerStream, ChatProvider } from './chat-provider.ts'

async function* resume(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value
  } finally {
    await rest.return?.()
  }
}

/** Tells the span who answers, and at the end how many tokens that took. */
async function* recorded(
  { model, tokens, usage }: AnswerStream,
  span: Parameters<typeof recordAIResponse>[0],
): AsyncGenerator<string> {
  recordAIResponse(span, { model })
  yield* tokens
  recordAIResponse(span, { ...usage() })
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
      let answer: AnswerStream | undefined
      const tokens = traceAIStream(
        { provider: provider.name },
        async (span) => {
          answer = await provider.answer(turns, signal)
          return recorded(answer, span)
        },
        { signal },
      )
      // The first pull begins the span and the call; until then nobody knows the model.
      const first = await tokens.next()
      return {
        model: answer?.model ?? '',
        tokens: resume(first, tokens),
        finish: () => answer?.finish() ?? 'cut',
        usage: () => answer?.usage(),
      }
    },
  }
}
