import type { Clock } from '../time/clock.ts'
import { createFaultLog } from './fault-log.ts'
import type { GuardedFunctionOptions } from './guarded-function.ts'
import { isThenable } from '../calls/is-thenable.ts'
import { settleWithin } from '../time/settle-within.ts'

/** How a function of the application is called that may return a promise. */
export interface AwaitedFunctionOptions<
  Parameters extends readonly unknown[],
  Answer,
> extends GuardedFunctionOptions<Parameters, Answer> {
  /** How long a promise may take, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
}

/**
 * Wraps a function of the application that may answer at once or by a promise. A throw, a rejection, a value of the
 * wrong type or no answer in time becomes `fallback` and is logged once for each kind. The promise never rejects.
 */
export function createAwaitedFunction<Parameters extends readonly unknown[], Answer>({
  name,
  call,
  read,
  fallback,
  consequence,
  logger,
  timeoutMs,
  clock,
}: AwaitedFunctionOptions<Parameters, Answer>): (...parameters: Parameters) => Answer | Promise<Answer> {
  const fault = createFaultLog(logger, name, consequence)
  const accept = (answer: unknown): Answer => {
    try {
      return read(answer)
    } catch (error) {
      fault('returned-the-wrong-type', error)
      return fallback
    }
  }
  const wait = async (pending: PromiseLike<unknown>): Promise<Answer> => {
    try {
      const outcome = await settleWithin(clock, pending, timeoutMs)
      if (outcome.settled) return accept(outcome.value)
      fault('timed-out', new Error(`${name} did not settle within ${String(timeoutMs)} ms`))
    } catch (error) {
      fault('threw', error)
    }
    return fallback
  }
  return (...parameters) => {
    try {
      const answer = call(...parameters)
      return isThenable(answer) ? wait(answer) : accept(answer)
    } catch (error) {
      fault('threw', error)
      return fallback
    }
  }
}
