import { isThenable } from '@alfred/core'
import { type Context, context, type Span } from '@opentelemetry/api'
import { markFailed, type RecordException } from './span-failure.ts'

/**
 * Calls `work` inside the span's context and ends the span when it returns or throws; when it answers a
 * promise, once that is settled.
 */
export function runInSpan<T>(
  span: Span,
  spanContext: Context,
  work: (span: Span) => T,
  recordException: RecordException | undefined,
): T {
  const fail = (error: unknown): void => {
    try {
      markFailed(span, error, recordException)
    } finally {
      span.end()
    }
  }
  let result: T
  try {
    result = context.with(spanContext, () => work(span))
  } catch (error) {
    fail(error)
    throw error
  }
  if (!isThenable(result)) {
    span.end()
    return result
  }
  // Adopted, because a foreign thenable may call back twice or throw, and the span ends once.
  const settled = Promise.resolve(result).then(
    (value) => {
      span.end()
      return value
    },
    (error: unknown) => {
      fail(error)
      throw error
    },
  )
  return settled as T
}
