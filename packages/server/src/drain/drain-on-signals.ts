import nodeProcess from 'node:process'
import { isatty } from 'node:tty'
import { isMainThread } from 'node:worker_threads'
import { option, type Options, readOptions } from '@alfred/core'
import { buildDrain, type Drain } from './drain.ts'
import { type DrainOptions, resolveDrainOptions } from './drain-options.ts'
import { createExit, onEndSignals, type ProcessLike, signalsRule } from './end-signals.ts'
import type { DrainableServer } from './server-connections.ts'
import { onThreadDrain } from './thread-drains.ts'

const processRule = option.object({
  /** @default ['SIGTERM', 'SIGINT'] */
  signals: signalsRule.default(['SIGTERM', 'SIGINT']),
  /** @default node:process */
  process: option.withMethods<ProcessLike>('on', 'off', 'exit').default(nodeProcess),
})

/** The options of `drainOnSignals`. */
export interface DrainOnSignalsOptions extends Omit<DrainOptions, 'servers'>, Options<typeof processRule> {}

/**
 * Drains when the process is asked to end, then exits: with 0, or with 1 when connections were cut off
 * at the deadline, a hook did not close or tracked work did not end. A second SIGINT exits at once, with 130; a second SIGTERM changes
 * nothing.
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
  const { signals: names, process } = readOptions('drain', { signals, process: givenProcess }, processRule)
  const servers = [server].flat()
  const resolved = resolveDrainOptions({ ...drainOptions, servers })
  const { clock, logger } = resolved

  const end = async (reason: string): Promise<number> => {
    const { forced, failedHooks, unfinished } = await drain.start(reason)
    return forced || failedHooks.length > 0 || unfinished > 0 ? 1 : 0
  }

  // No signal reaches a thread: the drain of the main thread begins its own.
  const isThread = process === nodeProcess && !isMainThread
  const stopListening = isThread
    ? onThreadDrain(createExit({ process, logger, end }).endThenExit)
    : onEndSignals({ names, process, clock, logger, end })
  const drain = buildDrain(resolved, {
    onClose: stopListening,
    isTerminal: process === nodeProcess && isatty(0),
  })
  return drain
}
