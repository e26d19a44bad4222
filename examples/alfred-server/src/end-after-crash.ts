import type { Logger } from '@alfred/core'
import type { AlfredGuard } from '@alfred/prod-security'

/** What a crash needs. */
export interface CrashOptions {
  readonly logger: Logger
  readonly errorTracker: Pick<AlfredGuard['alerting']['errorTracker'], 'capture' | 'flush'>
  readonly drain: { start(reason: string): Promise<unknown> }
  /** @default node:process */
  readonly process?: CrashingProcess | undefined
}

/** The part of `node:process` that is used. */
export interface CrashingProcess {
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown
  exit(code: number): void
}

/**
 * Ends the process after an error that nobody caught, a rejection included: what is true of its state nobody knows any more.
 * The error is logged and reported, the answers that have begun may finish, then it exits with 1. A second such error
 * exits at once.
 */
export function endAfterCrash({
  logger,
  errorTracker,
  drain,
  process = globalThis.process,
}: CrashOptions): void {
  let isEnding = false
  const end = async (error: unknown): Promise<void> => {
    logger.error({ err: error }, 'an error that nobody caught ends the process')
    if (isEnding) {
      process.exit(1)
      return
    }
    isEnding = true
    try {
      errorTracker.capture(error, { level: 'fatal' })
      await errorTracker.flush()
      await drain.start('crash')
    } catch (cause) {
      logger.error({ err: cause }, 'the drain failed')
    }
    process.exit(1)
  }
  // Node turns a rejection that nobody handles into this event, too.
  process.on('uncaughtException', (error) => {
    void end(error)
  })
}
