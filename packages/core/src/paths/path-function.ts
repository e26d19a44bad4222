import type { IncomingMessage } from 'node:http'
import { createGuardedFunction } from '../functions/guarded-function.ts'
import type { Logger } from '../logger.ts'
import type { PathFunction } from './path-match.ts'
import type { PathReadings } from '../request/path-readings.ts'
import { readBoolean } from '../functions/read-boolean.ts'

/** Where a matcher's function comes from, and where its failures are logged. */
export interface PathMatcherOptions {
  /** The option's name, as in `csrf.bypass`. */
  readonly option: string
  readonly logger: Logger
}

/**
 * Builds the function that asks an application's function about every reading of a path. A throw, a promise and a value
 * that is no boolean count as the answer that protects, and are logged once.
 *
 * @returns whether the answer to every reading was `expected`
 */
export function createUnanimousAsk(
  decide: PathFunction,
  expected: boolean,
  { option, logger }: PathMatcherOptions,
): (readings: PathReadings, request: IncomingMessage) => boolean {
  const ask = createGuardedFunction<Parameters<PathFunction>, boolean>({
    name: option,
    call: decide,
    read: (answer) => readBoolean(option, answer),
    fallback: !expected,
    consequence: 'the request is treated as protected',
    logger,
  })
  return ({ all, lowerCase }, request) =>
    all.every((path) => ask(path, request) === expected) &&
    lowerCase.every((path) => all.includes(path) || ask(path, request) === expected)
}
