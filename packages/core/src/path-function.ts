import type { IncomingMessage } from 'node:http'
import { isThenable } from './is-thenable.ts'
import type { Logger } from './logger.ts'
import type { PathFunction } from './path-match.ts'
import type { PathReadings } from './path-readings.ts'

/** Where a matcher's function comes from, and who hears of its failures. */
export interface PathMatcherOptions {
  /** The option's name, as in `csrf.bypass`. */
  readonly option: string
  readonly logger: Logger
}

/** Asks a function about one reading; `undefined` when it answered neither `true` nor `false`. */
type Ask = (path: string, request: IncomingMessage) => boolean | undefined

/** A promise that nobody waits for may still reject. */
function discard(promise: PromiseLike<unknown>): void {
  Promise.resolve(promise).catch(() => undefined)
}

/** Calls a function of the application: it may throw, and return anything. The first fault is logged. */
function createAsk(decide: PathFunction, { option, logger }: PathMatcherOptions): Ask {
  let isLogged = false
  const report = (fields: object, fault: string): undefined => {
    if (isLogged) return
    isLogged = true
    logger.error(
      { ...fields, option },
      `${option} ${fault}: the request is treated as protected. Return true or false`,
    )
  }
  return (path, request) => {
    try {
      const answer: unknown = decide(path, request)
      if (typeof answer === 'boolean') return answer
      if (isThenable(answer)) {
        discard(answer)
        return report({}, 'returned a promise')
      }
      return report({ returned: answer === null ? 'null' : typeof answer }, 'returned neither true nor false')
    } catch (error) {
      return report({ err: error }, 'threw')
    }
  }
}

/**
 * Builds the function that asks an application's function about every reading of a path.
 *
 * @returns whether the answer to every one of them was `expected`
 */
export function createUnanimousAsk(
  decide: PathFunction,
  expected: boolean,
  options: PathMatcherOptions,
): (readings: PathReadings, request: IncomingMessage) => boolean {
  const ask = createAsk(decide, options)
  return ({ all, lowerCase }, request) =>
    all.every((path) => ask(path, request) === expected) &&
    lowerCase.every((path) => all.includes(path) || ask(path, request) === expected)
}
