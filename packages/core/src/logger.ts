import { option } from './options/option-rules.ts'
import { runDetached } from './calls/run-detached.ts'

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

const safeLoggers = new WeakMap<Logger, Logger>([[noopLogger, noopLogger]])

/**
 * A logger whose methods never throw and whose promises never reject unnoticed: a log that cannot be written must not
 * fail the request that it is about. The same one for the same logger.
 */
export function createSafeLogger(logger: Logger): Logger {
  const known = safeLoggers.get(logger)
  if (known) return known
  const methods: Readonly<Record<keyof Logger, (...line: Parameters<LogMethod>) => unknown>> = logger
  const method =
    (level: keyof Logger): LogMethod =>
    (fields, message) => {
      // As a method: pino reads its state from `this`.
      runDetached(() => methods[level](fields, message), ignore)
    }
  const safe: Logger = Object.freeze({
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  })
  safeLoggers.set(logger, safe)
  safeLoggers.set(safe, safe)
  return safe
}

/** There is nowhere left to log a failure of the log to. */
const ignore = (): void => undefined

const methodsRule = option.withMethods<Logger>('debug', 'info', 'warn', 'error')

/** The rule for a `logger` option. What it accepts never throws. */
export const loggerRule = methodsRule.map(createSafeLogger)
