import { runDetached } from '@alfred/core'
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { attribute, otherValue } from '../conventions/semantic-conventions.ts'

/**
 * What else to do with an error that ended a span, such as `span.recordException(error)`. An error's message
 * and stack may hold what users wrote. What it throws or rejects with is dropped.
 */
export type RecordException = (span: Span, error: unknown) => void

const errorCode = /^[A-Z][A-Z0-9_]{1,63}$/
const typeName = /^[A-Za-z_$][\w$.]{0,63}$/

/** The code of an error that has one, as `ECONNREFUSED`, else its name; never its message. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return otherValue
  if ('code' in error && typeof error.code === 'string' && errorCode.test(error.code)) return error.code
  return typeName.test(error.name) ? error.name : otherValue
}

/** Marks a span as failed. */
export function markFailed(span: Span, error: unknown, recordException: RecordException | undefined): void {
  span.setAttribute(attribute.errorType, errorType(error))
  span.setStatus({ code: SpanStatusCode.ERROR })
  // The error itself is what the caller has to see; a failure to record it would hide it.
  runDetached(
    () => recordException?.(span, error),
    () => undefined,
  )
}
