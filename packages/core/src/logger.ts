import { option } from './option-rules.ts'

/** One log call: structured fields first, then the message. Any pino instance has this shape. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** What the packages log to. Nothing is logged unless a logger is given. */
export interface Logger {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}

const discard: LogMethod = () => undefined

/** The default logger: discards everything. */
export const noopLogger: Logger = Object.freeze({
  debug: discard,
  info: discard,
  warn: discard,
  error: discard,
})

/** The rule for a `logger` option. */
export const loggerRule = option.withMethods<Logger>('debug', 'info', 'warn', 'error')
