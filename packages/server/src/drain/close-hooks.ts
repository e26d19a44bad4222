import {
  AlfredError,
  type Clock,
  type Logger,
  option,
  type Options,
  type Resolved,
  type MemberRule,
  settleWithin,
} from '@alfred/core'

const hookShape = option.object({
  /** For the log. */
  name: option.string(),
  /** Closes it; a promise is waited for. */
  close: option.function<() => unknown>(),
  /**
   * How long it may take; the next hook does not wait longer.
   * @default 3000
   */
  timeoutMs: option.number({ min: 0, max: 86_400_000 }).default(3000),
})

/** Something to close once no request is left, such as a pool or a log. */
export interface CloseHook extends Options<typeof hookShape> {}

/** A hook with its default in place. */
export interface ResolvedCloseHook extends Resolved<typeof hookShape> {}

/** The rule for one close hook. */
export const hookRule: MemberRule<ResolvedCloseHook, CloseHook, 'required'> = hookShape

/** Hooks that run once, the last added first. */
export interface CloseHooks {
  /** @throws {@link AlfredError} `ALFRED_LIFECYCLE_CLOSED` when they have begun to run */
  add(hook: ResolvedCloseHook): () => void
  /** @returns the names of those that failed or took too long */
  run(deadlineMs: number): Promise<readonly string[]>
}

export function createCloseHooks(clock: Clock, logger: Logger): CloseHooks {
  const hooks: ResolvedCloseHook[] = []
  let begun = false

  const closeOne = async (
    { name, close, timeoutMs }: ResolvedCloseHook,
    leftMs: number,
  ): Promise<boolean> => {
    try {
      const { settled } = await settleWithin(clock, close(), Math.min(timeoutMs, leftMs))
      if (settled) return true
      logger.error({ hook: name }, 'a close hook timed out')
    } catch (error) {
      logger.error({ hook: name, err: error }, 'a close hook failed')
    }
    return false
  }

  return {
    add(hook) {
      if (begun)
        throw new AlfredError(
          'ALFRED_LIFECYCLE_CLOSED',
          'The close hooks are running: it is too late to add one.',
          { component: 'close hooks' },
        )
      hooks.push(hook)
      return () => {
        const index = hooks.indexOf(hook)
        if (index !== -1) hooks.splice(index, 1)
      }
    },
    async run(deadlineMs) {
      begun = true
      const endsAt = clock.monotonicMs() + deadlineMs
      const failed: string[] = []
      for (const hook of hooks.toReversed()) {
        if (!(await closeOne(hook, endsAt - clock.monotonicMs()))) failed.push(hook.name)
      }
      return failed
    },
  }
}
