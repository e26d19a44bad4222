import { eventBusRule } from '../events/events.ts'
import { loggerRule, noopLogger } from '../logger.ts'
import { clockRule, systemClock } from '../time/clock.ts'

/** The options by which a package is observed, and its time is told. Each package takes those that it uses. */
export const observed = {
  /** Where entries go. @default discards everything */
  logger: loggerRule.default(noopLogger),
  /** @default the machine's own time */
  clock: clockRule.default(systemClock),
  /** Where events are emitted. @default nowhere */
  events: eventBusRule.optional(),
} as const
