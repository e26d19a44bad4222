import { observed, option, type Options, readOptions } from '@alfred/core'
import {
  checkNameRule,
  settingRules,
  type CheckSettings,
  type HealthCheck,
  type Measurement,
} from './check.ts'
import { createFlight, type Flight, type Landing } from './flight.ts'

/** Resolves when the member is up; rejects, or resolves with `false`, when it is down. */
export type MemberCheck = (signal: AbortSignal) => Promise<unknown>

const rule = option.object({
  /** Letters, digits, `.`, `_` and `-`; unique within a registry. */
  name: checkNameRule,
  ...settingRules({ groups: ['health'] }),
  /** The alternatives, by name. */
  members: option
    .record(option.function<MemberCheck>())
    .refine((members) => Object.keys(members).length > 0, 'must name at least one member.'),
  /** @default the machine's own */
  clock: observed.clock,
})

/** The options of `compositeCheck`, with the check's settings, of which `name` is required. */
export interface CompositeCheckOptions extends CheckSettings, Options<typeof rule> {}

/** How much longer than its members the whole may take to say how they are. */
const marginMs = 500

const reason: Record<Exclude<Landing<unknown>['outcome'], 'done'>, string> = {
  threw: 'down',
  'timed-out': 'took longer than allowed',
  'still-running': 'an earlier run has not ended',
}

/**
 * Checks several components that can stand in for each other, such as AI providers, side by side: all
 * up is `pass`, some down `warn`, all down `fail`.
 *
 * It counts in the `health` group alone by default: when every provider is down a load balancer has no
 * better instance to choose, so readiness must not fail. Members should call what costs nothing, such as
 * a provider's list of models.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { compositeCheck, createHealth } from '@alfred/health'
 *
 * const reachable = (url: string) => async (signal: AbortSignal) => {
 *   const response = await fetch(url, { signal })
 *   await response.body?.cancel()
 *   if (response.status >= 500) throw new Error('provider down')
 * }
 *
 * createHealth({
 *   checks: [
 *     compositeCheck({
 *       name: 'ai-providers',
 *       intervalMs: 30_000,
 *       members: {
 *         openai: reachable('https://api.openai.com/v1/models'),
 *         ollama: reachable('http://127.0.0.1:11434/api/version'),
 *       },
 *     }),
 *   ],
 * })
 * ```
 */
export function compositeCheck(options: CompositeCheckOptions): HealthCheck {
  const { members, timeoutMs, clock, ...settings } = readOptions('compositeCheck', options, rule)
  const flights = Object.entries(members).map(([name, member]): [string, Flight<unknown>] => [
    name,
    createFlight(clock, timeoutMs, member),
  ])

  const measure = async ([componentId, flight]: [string, Flight<unknown>]): Promise<Measurement> => {
    const landing = await flight.run()
    const { outcome } = landing
    const up = outcome === 'done' && landing.value !== false
    return {
      name: 'availability',
      componentId,
      observedValue: up,
      status: up ? 'pass' : 'fail',
      output: up ? undefined : outcome === 'done' ? 'down' : reason[outcome],
    }
  }

  return {
    ...settings,
    timeoutMs: timeoutMs + marginMs,
    async check() {
      const measurements = await Promise.all(flights.map(measure))
      const down = measurements.filter(({ status }) => status === 'fail').length
      if (down === 0) return { status: 'pass', measurements }
      const output = `${String(down)} of ${String(flights.length)} down`
      return { status: down < flights.length ? 'warn' : 'fail', output, measurements }
    },
    close() {
      for (const [, flight] of flights) flight.abort()
    },
  }
}
