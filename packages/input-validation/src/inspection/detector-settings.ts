import { option, type OptionRule } from '@alfred/core'
import { detectors } from '../detectors/detectors.ts'
import type { DetectorName } from '../detectors/text/finding.ts'

/**
 * What is done about a finding: nothing; the event `validation.flagged`; the event, and the found parts taken out of the
 * text; or the event and a refusal.
 */
export type DetectorAction = 'allow' | 'flag' | 'reject' | 'sanitize'

/** An action, or an action with the least score that it takes. */
export type DetectorSetting = DetectorAction | { readonly action: DetectorAction; readonly threshold: number }

/** What each detector's findings lead to; one that is left out does as the field's kind has it. */
export type DetectorSettings = { readonly [N in DetectorName]?: DetectorSetting | undefined }

/** Detectors whose findings can be taken out without making another text of it, by what they leave. */
export const replacements: Readonly<Partial<Record<DetectorName, string>>> = {
  secret: '[redacted]',
  unicode: '',
}

const threshold = option.number({ min: 0, max: 1 })

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
