import { option, type OptionRule } from '@alfred/core'
import { detectors } from '../detectors/detectors.ts'
import { type DetectorName, freeTextThreshold, valueThreshold } from '../detectors/text/finding.ts'

/**
 * What is done about a finding: nothing; the event `validation.flagged`; the event, and the found parts taken out of the
 * text; or the event and a refusal.
 */
export type DetectorAction = 'allow' | 'flag' | 'reject' | 'sanitize'

/**
 * How sure a finding must be, by name: `attack` in any text, such as a question about programming; `suspicious` where a
 * plain value belongs.
 */
export type DetectorLevel = 'attack' | 'suspicious'

/** The least score of each level. */
const scoreOfLevel: Readonly<Record<DetectorLevel, number>> = {
  attack: freeTextThreshold,
  suspicious: valueThreshold,
}

/** An action, or an action with the level or the least score that it takes. */
export type DetectorSetting =
  DetectorAction | { readonly action: DetectorAction; readonly threshold: DetectorLevel | number }

/** The least score that a threshold means. */
export const scoreOf = (threshold: DetectorLevel | number): number =>
  typeof threshold === 'number' ? threshold : scoreOfLevel[threshold]

/** What each detector's findings lead to; one that is left out does as the field's kind has it. */
export type DetectorSettings = { readonly [N in DetectorName]?: DetectorSetting | undefined }

/** Detectors whose findings can be taken out without making another text of it, by what they leave. */
export const replacements: Readonly<Partial<Record<DetectorName, string>>> = {
  secret: '[redacted]',
  unicode: '',
}

const score = option.number({ min: 0, max: 1 })
const level = option.oneOf('attack', 'suspicious')
const threshold: OptionRule<DetectorLevel | number> = (value, report) =>
  typeof value === 'number' ? score(value, report) : level(value, report)

function settingRule(name: DetectorName): OptionRule<DetectorSetting> {
  const actions: readonly DetectorAction[] = [
    'allow',
    'flag',
    ...(name in replacements ? (['sanitize'] as const) : []),
    // A guess about intentions must not cost anybody an answer.
    ...(name === 'prompt' ? [] : (['reject'] as const)),
  ]
  const action = option.oneOf(...actions)
  const detailed = option.objectOf<Exclude<DetectorSetting, string>>(
    { action, threshold },
    { required: ['action', 'threshold'] },
  )
  return (value, report) => (typeof value === 'object' ? detailed(value, report) : action(value, report))
}

const names = Object.keys(detectors) as DetectorName[]

/** The rule for a `detectors` option. */
export const detectorSettingsRule: OptionRule<DetectorSettings> = option.objectOf<DetectorSettings>(
  Object.fromEntries(names.map((name) => [name, settingRule(name)])) as Record<
    DetectorName,
    OptionRule<DetectorSetting>
  >,
)
