import { option, type OptionRule } from '@alfred/core'
import type { CheckResult, CheckSettings, HealthCheck, HealthGroup } from './check.ts'

/** A check with every default in place. */
export type ResolvedCheck = {
  readonly [K in Exclude<keyof HealthCheck, 'close'>]-?: NonNullable<HealthCheck[K]>
} & Pick<HealthCheck, 'close'>

const everyGroup: readonly HealthGroup[] = ['startup', 'readiness', 'health']

const milliseconds = option.number({ min: 1 })
const count = option.integer({ min: 1, max: 1000 })

/** The rules of the settings that every check has. */
export const checkSettingRules = {
  // Names stand before the colon of the draft's `component:measurement` keys.
  name: option.string({
    pattern: /^[\w.-]{1,64}$/,
    hint: 'at most 64 letters, digits, dots, dashes or underscores',
  }),
  timeoutMs: milliseconds,
  intervalMs: milliseconds,
  staleAfterMs: milliseconds,
  criticality: option.oneOf('critical', 'degrading', 'informational'),
  requiredToStart: option.boolean(),
  groups: option.list(option.oneOf(...everyGroup), { min: 1 }),
  failAfter: count,
  passAfter: count,
  redact: option.anyOf(
    'true, false or a function',
    option.boolean(),
    option.syncFunction<(result: CheckResult) => CheckResult>(),
  ),
} as const satisfies { readonly [K in keyof Required<CheckSettings>]: OptionRule<unknown> }

const shape = option.objectOf<HealthCheck>(
  {
    ...checkSettingRules,
    kind: option.oneOf('certificate', 'component', 'datastore', 'system'),
    check: option.function<HealthCheck['check']>(),
    close: option.function<() => void>(),
  },
  { required: ['name', 'check'] },
)

const withDefaults = ({
  kind = 'component',
  timeoutMs = 2000,
  intervalMs = 5000,
  staleAfterMs = 3 * intervalMs + timeoutMs,
  criticality = 'critical',
  requiredToStart = false,
  groups = everyGroup,
  failAfter = 2,
  passAfter = 1,
  redact = false,
  close,
  ...read
}: HealthCheck): ResolvedCheck =>
  Object.freeze({
    ...read,
    kind,
    timeoutMs,
    intervalMs,
    staleAfterMs,
    criticality,
    requiredToStart,
    groups: Object.freeze([...groups]),
    failAfter,
    passAfter,
    redact,
    close,
  })

/** The rule for one check. */
export const checkRule: OptionRule<ResolvedCheck> = (value, report) => {
  const read = shape(value, report)
  if (!read) return undefined
  const check = withDefaults(read)
  if (check.staleAfterMs < check.intervalMs) {
    report.at('staleAfterMs').add('ALFRED_CONFIG_CONFLICT', 'must not be shorter than intervalMs.')
  }
  if (check.requiredToStart && !check.groups.includes('startup')) {
    report.at('requiredToStart').add('ALFRED_CONFIG_CONFLICT', 'needs the group startup in groups.')
  }
  return check
}
