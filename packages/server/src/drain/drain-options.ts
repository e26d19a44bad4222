import { observed, option, type Options, readOptions, type Resolved } from '@alfred/core'
import { hookRule } from './close-hooks.ts'
import { defaultReadinessDelayMs } from './readiness-delay.ts'
import type { DrainableServer } from './server-connections.ts'

const milliseconds = option.number({ min: 0, max: 86_400_000 })

/** The rule for a server. */
export const serverRule = option.withMethods<DrainableServer>('close', 'prependListener')

const drainRule = option
  .object({
    /** Servers to follow at once; give each before it listens. @default none */
    servers: option.list(serverRule).default([]),
    /**
     * Fails its readiness probe from now on; any `createHealth()` is one. Without `probed` the drain takes it that
     * somebody has asked a probe.
     */
    health: option
      .withMethods<{ setDraining(draining: boolean): void; readonly probed?: boolean | undefined }>(
        'setDraining',
      )
      .optional(),
    /**
     * How long the servers go on accepting while the readiness probe fails, so that load balancers notice:
     * their interval times their failure threshold, and a second. 0 where none stands before the server.
     * @default 5000; 0 after SIGINT, in a terminal, and when nobody has asked a probe of `health`
     */
    readinessDelayMs: milliseconds.optional(),
    /**
     * From the start of the drain until requests and connections that are left are cut off.
     * @default 20_000
     */
    deadlineMs: milliseconds.default(20_000),
    /**
     * How long the close hooks may take together, after the connections are gone. The process ends
     * `deadlineMs + hooksDeadlineMs` after the signal at the latest; an orchestrator's grace period
     * (30 s in Kubernetes, 10 s in Docker) must be longer.
     * @default 5000
     */
    hooksDeadlineMs: milliseconds.default(5000),
    /** What to close at the end, the last one first. `addHook` adds more. @default none */
    hooks: option.list(hookRule).default([]),
    /** @default discards everything */
    logger: observed.logger,
    /** @default the machine's own time */
    clock: observed.clock,
    /** Receives `drain.started`, `drain.connections-cut` and `drain.finished`. */
    events: observed.events,
  })
  .check(({ deadlineMs, readinessDelayMs = defaultReadinessDelayMs }, report) => {
    if (deadlineMs > readinessDelayMs) return
    report.at('deadlineMs').add('ALFRED_CONFIG_CONFLICT', 'must be longer than readinessDelayMs.')
  })

/** The options of `createDrain`. */
export interface DrainOptions extends Options<typeof drainRule> {}

export type ResolvedDrainOptions = Resolved<typeof drainRule>

export const resolveDrainOptions = (options: DrainOptions): ResolvedDrainOptions =>
  readOptions('drain', options, drainRule)
