import nodeProcess from 'node:process'
import { isatty } from 'node:tty'
import { option, type Options, readOptions } from '@alfred/core'
import { buildDrain, type Drain } from './drain.ts'
import { type DrainOptions, resolveDrainOptions } from './drain-options.ts'
import { onEndSignals, type ProcessLike, signalsRule } from './end-signals.ts'
import type { DrainableServer } from './server-connections.ts'

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
 * at the deadline or a hook did not close. A second SIGINT exits at once, with 130; a second SIGTERM changes
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

  const end = async (signal: NodeJS.Signals): Promise<number> => {
    const { forced, failedHooks } = await drain.start(signal)
    return forced || failedHooks.length > 0 ? 1 : 0
  }

  const stopListening = onEndSignals({ names, process, clock, logger, end })
  const drain = buildDrain(resolved, {
    onClose: stopListening,
    isTerminal: process === nodeProcess && isatty(0),
  })
  return drain
}
