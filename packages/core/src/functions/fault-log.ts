import type { Logger } from '../logger.ts'

/** What a function of the application did instead of what its contract asks for. */
export type FunctionFault = 'returned-a-promise' | 'returned-the-wrong-type' | 'threw' | 'timed-out'

/** Logs each kind of fault of one function once, so that a fault on every request does not fill the log. */
export type FaultLog = (fault: FunctionFault, error: unknown) => void

/**
 * Builds the fault log of one function.
 *
 * @param name - what the option is called, such as `cors.origin`
 * @param consequence - what happens instead, such as `the origin is not allowed`
 */
export function createFaultLog(logger: Logger, name: string, consequence: string): FaultLog {
  const logged = new Set<FunctionFault>()
  return (fault, error) => {
    if (logged.has(fault)) return
    logged.add(fault)
    logger.error({ err: error, option: name, fault }, `${name} failed; ${consequence}`)
  }
}
