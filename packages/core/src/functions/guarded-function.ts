import { createFaultLog } from './fault-log.ts'
import { dropRejection } from '../calls/drop-rejection.ts'
import { isThenable } from '../calls/is-thenable.ts'
import type { Logger } from '../logger.ts'

/** How a function of the application is called. */
export interface GuardedFunctionOptions<Parameters extends readonly unknown[], Answer> {
  /** The option's name for the log, such as `cors.origin`. */
  readonly name: string
  readonly call: (...parameters: Parameters) => unknown
  /**
   * Reads what the function returned.
   *
   * @throws TypeError when it is nothing that the contract allows
   */
  readonly read: (answer: unknown) => Answer
  /** Taken when the function fails: the value that protects. */
  readonly fallback: Answer
  /** What the fallback means, for the log: `the origin is not allowed`. */
  readonly consequence: string
  readonly logger: Logger
}

/**
 * Wraps a function of the application whose answer is needed at once. A throw, a promise or a value of the wrong type
 * becomes `fallback` and is logged once for each kind. A promise is not awaited, and its rejection is dropped.
 */
export function createGuardedFunction<Parameters extends readonly unknown[], Answer>({
  name,
  call,
  read,
  fallback,
  consequence,
  logger,
}: GuardedFunctionOptions<Parameters, Answer>): (...parameters: Parameters) => Answer {
  const fault = createFaultLog(logger, name, consequence)
  return (...parameters) => {
    let answer: unknown
    try {
      answer = call(...parameters)
      if (isThenable(answer)) {
        dropRejection(answer)
        fault('returned-a-promise', new TypeError(`${name} must not return a promise`))
        return fallback
      }
    } catch (error) {
      fault('threw', error)
      return fallback
    }
    try {
      return read(answer)
    } catch (error) {
      fault('returned-the-wrong-type', error)
      return fallback
    }
  }
}
