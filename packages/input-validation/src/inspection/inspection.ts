import { lowerInCode } from '../detectors/code-regions.ts'
import { steppedDetectors } from '../detectors/detectors.ts'
import { steppedTriggersOf, triggers } from '../detectors/scan/trigger-scan.ts'
import { type DetectorName, type Finding, defaultMaxFindings } from '../detectors/text/finding.ts'
import { atOnce, stepLength, type SteppedWork } from '../detectors/text/stepped-work.ts'
import { type DetectorAction, type DetectorSettings, replacements, scoreOf } from './detector-settings.ts'
import { currentCollector, type FieldKind, type FlagCollector, type RaisedFlag } from './flag-collector.ts'
import { inTurns } from './turns.ts'

/** What a kind of field does about findings. */
export interface InspectionDefaults {
  readonly kind: FieldKind
  /** The least score that the actions take. */
  readonly threshold: number
  readonly actions: Readonly<Partial<Record<DetectorName, DetectorAction>>>
  /** Whether code that Markdown shows counts less. */
  readonly showsCode: boolean
  /** Whether what was found is how the kind writes its own, such as the placeholders of a template. */
  readonly isOwn?: ((name: DetectorName, found: string) => boolean) | undefined
}

/** What came of an inspection: the text, changed where a detector sanitises, or that it is refused. */
export type Inspected = { readonly text: string } | 'refused'

/**
 * Looks through a text and reports what it finds to the validation under way. Detectors of long texts of a request take
 * turns with other work: where they may change or refuse the text the answer is a promise, and where they only flag it
 * the request waits for them.
 */
export type Inspection = (text: string) => Inspected | Promise<Inspected>

interface Outcome {
  readonly inspected: Inspected
  readonly flags: readonly RaisedFlag[]
}

interface Step {
  readonly name: DetectorName
  readonly action: Exclude<DetectorAction, 'allow'>
  readonly threshold: number
}

/** Detectors of what a text carries rather than says: showing it as code does not make it harmless. */
const carried = new Set<DetectorName>(['secret', 'unicode'])

function replaceSpans(text: string, findings: readonly Finding[], replacement: string): string {
  let result = ''
  let copied = 0
  for (const { start, end } of findings.toSorted((a, b) => a.start - b.start)) {
    if (start < copied) continue
    result += text.slice(copied, start) + replacement
    copied = end
  }
  return result + text.slice(copied)
}

/** How often a text is looked through again: what remains may join to something that is found again. */
const maxPasses = 8

/** Builds the inspection of one field: the kind's actions with the field's own settings over them. */
export function createInspection(defaults: InspectionDefaults, settings: DetectorSettings = {}): Inspection {
  const steps: Step[] = []
  for (const name of Object.keys(steppedDetectors) as DetectorName[]) {
    const setting = settings[name] ?? defaults.actions[name] ?? 'allow'
    const { action, threshold } =
      typeof setting === 'string' ? { action: setting, threshold: defaults.threshold } : setting
    if (action !== 'allow') steps.push({ name, action, threshold: scoreOf(threshold) })
  }
  function* look(text: string, { name, threshold, action }: Step): SteppedWork<readonly Finding[]> {
    // Of many, none may hide behind those that are taken out or left out.
    const maxFindings = action === 'sanitize' || defaults.isOwn ? Infinity : defaultMaxFindings
    const findings = yield* steppedDetectors[name](text, maxFindings)
    yield Math.min(text.length, stepLength)
    const weighed = defaults.showsCode && !carried.has(name) ? lowerInCode(text, findings) : findings
    return weighed.filter(
      ({ start, end, score }) =>
        score >= threshold && defaults.isOwn?.(name, text.slice(start, end)) !== true,
    )
  }
  const flagOf = (text: string, { name, action }: Step, findings: readonly Finding[]): RaisedFlag => ({
    text,
    kind: defaults.kind,
    detector: name,
    action,
    score: findings.reduce((max, { score }) => Math.max(max, score), 0),
    spans: findings.slice(0, defaultMaxFindings).map(({ start, end }) => ({ start, end })),
  })

  function* clean(text: string, step: Step, findings: readonly Finding[]): SteppedWork<Inspected> {
    let cleaned = text
    let found = findings
    for (let pass = 0; pass < maxPasses; pass++) {
      cleaned = replaceSpans(cleaned, found, replacements[step.name] ?? '')
      found = yield* look(cleaned, step)
      if (found.length === 0) return { text: cleaned }
    }
    // Built so that every removal joins the next one.
    return 'refused'
  }

  function* inspect(original: string, flags: RaisedFlag[]): SteppedWork<Inspected> {
    let text = original
    let seen = yield* steppedTriggersOf(text)
    for (const step of steps) {
      if ((seen & triggers[step.name]) === 0) continue
      const findings = yield* look(text, step)
      if (findings.length === 0) continue
      flags.push(flagOf(text, step, findings))
      if (step.action === 'reject') return 'refused'
      if (step.action === 'flag') continue
      const cleaned = yield* clean(text, step, findings)
      if (cleaned === 'refused') return cleaned
      text = cleaned.text
      seen = yield* steppedTriggersOf(text)
    }
    return { text }
  }

  /** What is under way for a request. zod runs a schema that turns out to be asynchronous a second time. */
  const pending = new WeakMap<FlagCollector, Map<string, Promise<Outcome>>>()

  const later = async (text: string, collector: FlagCollector): Promise<Inspected> => {
    const ofRequest = pending.get(collector) ?? new Map<string, Promise<Outcome>>()
    pending.set(collector, ofRequest)
    let outcome = ofRequest.get(text)
    if (!outcome) {
      const flags: RaisedFlag[] = []
      outcome = inTurns(inspect(text, flags)).then((inspected) => ({ inspected, flags }))
      ofRequest.set(text, outcome)
    }
    const { inspected, flags } = await outcome
    for (const flag of flags) collector.add(flag)
    return inspected
  }

  const onlyFlags = steps.every(({ action }) => action === 'flag')

  return (text) => {
    const collector = currentCollector()
    if (steps.length > 0 && collector?.mayHoldUp(text.length) === false) {
      if (!onlyFlags) return later(text, collector)
      collector.leave(steps, text, inspect)
      return { text }
    }
    const flags: RaisedFlag[] = []
    const inspected = atOnce(inspect(text, flags))
    for (const flag of flags) collector?.add(flag)
    return inspected
  }
}
