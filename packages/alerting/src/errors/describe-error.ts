import type { Redactor } from './redaction.ts'
import type { ReportedError } from './error-report.ts'
import { readStackFrames } from './stack-frames.ts'

/** How far a chain of causes is followed. */
const deepestCause = 5

// What is a class name rather than some text that was put in its place.
const typeName = /^[A-Za-z_$][\w$.]{0,63}$/
const codeName = /^[A-Za-z][\w-]{0,63}$/

function describeOne(error: unknown, redactor: Redactor): ReportedError {
  if (!(error instanceof Error)) {
    return {
      type: 'NonError',
      message:
        typeof error === 'string'
          ? redactor.text(error)
          : `a thrown ${error === null ? 'null' : typeof error}`,
      code: undefined,
      frames: [],
    }
  }
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type: typeName.test(error.name) ? error.name : 'Error',
    message: redactor.text(error.message),
    code: typeof code === 'string' && codeName.test(code) ? code : undefined,
    frames: readStackFrames(error.stack),
  }
}

/** An error, the errors that an `AggregateError` holds and its causes, without secrets; members of errors beyond these are left out, for they hold whole requests. */
export function describeErrors(
  error: unknown,
  redactor: Redactor,
): readonly [ReportedError, ...ReportedError[]] {
  const causes: ReportedError[] = []
  const seen = new Set([error])
  // As of a connection that no address of a host took: the sum says nothing.
  const members: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  for (const member of members.slice(0, deepestCause)) {
    seen.add(member)
    causes.push(describeOne(member, redactor))
  }
  let cause: unknown = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && !seen.has(cause) && causes.length < deepestCause) {
    seen.add(cause)
    causes.push(describeOne(cause, redactor))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return [describeOne(error, redactor), ...causes]
}
