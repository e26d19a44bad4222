import type { StackFrame } from './stack-frames.ts'

/** How bad it is. */
export type ErrorLevel = 'fatal' | 'error' | 'warning'

/** One error of a chain. */
export interface ReportedError {
  /** Its class. */
  readonly type: string
  /** Redacted. */
  readonly message: string
  /** As Node's and our own errors have one, such as `ECONNREFUSED`. */
  readonly code: string | undefined
  /** The innermost call first. */
  readonly frames: readonly StackFrame[]
}

/** What an error sink is given. Every text in it is redacted. */
export interface ErrorReport {
  /** 32 hexadecimal digits. */
  readonly id: string
  /** Equal for errors of one kind at one place. */
  readonly fingerprint: string
  /** ms since the epoch. */
  readonly occurredAt: number
  readonly level: ErrorLevel
  /** The error itself, then its causes. */
  readonly errors: readonly ReportedError[]
  /** How many equal errors were held back since the last report of this fingerprint. */
  readonly repeats: number
  readonly requestId: string | undefined
  /** 32 hexadecimal digits, when a tracer runs. */
  readonly traceId: string | undefined
  readonly method: string | undefined
  /** The route's template, never the path. */
  readonly route: string | undefined
  readonly service: string
  readonly environment: string | undefined
  readonly release: string | undefined
  readonly instance: string
  readonly tags: Readonly<Record<string, string>>
  readonly extra: unknown
}
