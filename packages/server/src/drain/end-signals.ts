import { constants } from 'node:os'
import { type Clock, dropRejection, type Logger, option, runDetached } from '@alfred/core'

/** The part of `node:process` that is used. */
export interface ProcessLike {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name)
const signalNames = Object.keys(constants.signals).filter(isSignal)

/** The rule for a list of signals. */
export const signalsRule = option.list(option.oneOf(...signalNames), { min: 1 })

/** The two ways to exit. */
export interface Exit {
  /** At once. */
  readonly exit: (code: number) => void
  /** After what is under way has ended. */
  readonly endThenExit: (reason: string) => void
}

/** How a process or a thread ends. */
export interface Ending {
  readonly process: Pick<ProcessLike, 'exit'>
  readonly logger: Logger
  /** Called once, with the signal; resolves to the code to exit with. */
  readonly end: (reason: string) => Promise<number>
}

/** What signals set off. */
export interface EndSignals extends Ending {
  readonly names: readonly NodeJS.Signals[]
  readonly process: ProcessLike
  readonly clock: Clock
}

/**
 * A terminal sends Ctrl-C to the whole process group, and npm and pnpm pass it on once more: copies
 * that arrive this close together are one signal.
 */
const copyWithinMs = 250

/**
 * Ends the process by its first signal. A second SIGINT is a person who will not wait: it exits at once, with 130. Any
 * other second signal changes nothing: Kubernetes and process managers send SIGTERM twice, and have SIGKILL for more.
 *
 * @returns what takes the listeners off
 */
export function onEndSignals({ names, process, clock, logger, end }: EndSignals): () => void {
  const { exit, endThenExit } = createExit({ process, logger, end })
  let firstAt: number | undefined
  let first: NodeJS.Signals | undefined

  const onSignal = (signal: NodeJS.Signals): void => {
    const now = clock.monotonicMs()
    if (firstAt === undefined) {
      firstAt = now
      first = signal
      endThenExit(signal)
      return
    }
    if (signal === first && now - firstAt < copyWithinMs) return
    if (signal === 'SIGINT') exit(128 + constants.signals.SIGINT)
    else logger.info({ signal }, 'the drain goes on: only a second SIGINT ends it')
  }

  for (const name of names) dropRejection(process.on(name, onSignal))
  return () => {
    for (const name of names) dropRejection(process.off(name, onSignal))
  }
}

export function createExit({ process, logger, end }: Ending): Exit {
  const exit = (code: number): void => {
    const ending: { readonly exit: (code: number) => unknown } = process
    runDetached(
      () => ending.exit(code),
      (error) => {
        logger.error({ err: error }, 'the process did not exit')
      },
    )
  }

  const endThenExitAsync = async (reason: string): Promise<void> => {
    // The one timer that holds the process: without it an end that waits for a deadline alone would end with
    // the process, unfinished.
    const hold = setInterval(() => undefined, 60_000)
    let code = 1
    try {
      code = await end(reason)
    } catch (error) {
      logger.error({ err: error }, 'the drain failed')
    }
    clearInterval(hold)
    exit(code)
  }

  return {
    exit,
    endThenExit(reason: string): void {
      void endThenExitAsync(reason)
    },
  }
}
