import { constants } from 'node:os'
import nodeProcess from 'node:process'
import { dropRejection, option, type Options, readOptions, runDetached } from '@alfred/core'
import { buildDrain, type Drain } from './drain.ts'
import { type DrainOptions, resolveDrainOptions } from './drain-options.ts'
import type { DrainableServer } from './server-connections.ts'

/** The part of `node:process` that is used. */
export interface ProcessLike {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name)
const signalNames = Object.keys(constants.signals).filter(isSignal)

const signalsRule = option.object({
  /** @default ['SIGTERM', 'SIGINT'] */
  signals: option.list(option.oneOf(...signalNames), { min: 1 }).default(['SIGTERM', 'SIGINT']),
  /** @default node:process */
  process: option.withMethods<ProcessLike>('on', 'off', 'exit').default(nodeProcess),
})

/** The options of `drainOnSignals`. */
export interface DrainOnSignalsOptions extends Omit<DrainOptions, 'servers'>, Options<typeof signalsRule> {}

/**
 * A terminal sends Ctrl-C to the whole process group, and npm and pnpm pass it on once more: copies
 * that arrive this close together are one signal.
 */
const copyWithinMs = 250

/**
 * Drains when the process is asked to end, then exits: with 0, or with 1 when connections were cut off
 * at the deadline or a hook did not close. A second signal exits at once, with 128 and its number.
 *
 * @param server - a server or several, before they listen
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createHealth } from '@alfred/health'
 * import { drainOnSignals } from '@alfred/server'
 *
 * const health = createHealth()
 * const server = createServer((request, response) => {
 *   health.middleware(request, response, () => response.end('hello'))
 * })
 * const drain = drainOnSignals(server, { health })
 * drain.addHook({ name: 'health', close: () => health.close() })
 * server.listen(8080)
 * ```
 */
export function drainOnSignals(
  server: DrainableServer | readonly DrainableServer[],
  { signals, process: givenProcess, ...drainOptions }: DrainOnSignalsOptions = {},
): Drain {
  const { signals: names, process } = readOptions('drain', { signals, process: givenProcess }, signalsRule)
  const servers = [server].flat()
  const resolved = resolveDrainOptions({ ...drainOptions, servers })
  const { clock, logger } = resolved
  const seen = new Map<NodeJS.Signals, number>()

  const exit = (code: number): void => {
    const ending: { readonly exit: (code: number) => unknown } = process
    runDetached(
      () => ending.exit(code),
      (error) => {
        logger.error({ err: error }, 'the process did not exit')
      },
    )
  }

  const exitAfterDrain = async (signal: NodeJS.Signals): Promise<void> => {
    // The one timer that holds the process: without it a drain that waits for a hook's deadline alone
    // would end with the process, unfinished.
    const hold = setInterval(() => undefined, 60_000)
    let code = 1
    try {
      const { forced, failedHooks } = await drain.start(signal)
      if (!forced && failedHooks.length === 0) code = 0
    } catch (error) {
      logger.error({ err: error }, 'the drain failed')
    }
    clearInterval(hold)
    exit(code)
  }

  const onSignal = (signal: NodeJS.Signals): void => {
    const now = clock.monotonicMs()
    const last = seen.get(signal)
    if (last !== undefined && now - last < copyWithinMs) return
    const first = seen.size === 0
    seen.set(signal, now)
    if (first) void exitAfterDrain(signal)
    else exit(128 + constants.signals[signal])
  }

  const drain = buildDrain(resolved, () => {
    for (const name of names) dropRejection(process.off(name, onSignal))
  })
  for (const name of names) dropRejection(process.on(name, onSignal))
  return drain
}
