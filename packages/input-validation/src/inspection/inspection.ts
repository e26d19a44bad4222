import { createHmac, randomBytes } from 'node:crypto'
import { lowerInCode } from '../detectors/code-regions.ts'
import { detectors } from '../detectors/detectors.ts'
import { type DetectorName, type Finding, mostFindings } from '../detectors/finding.ts'
import { type DetectorAction, type DetectorSettings, replacements } from './detector-settings.ts'
import { currentCollector, type FieldKind } from './flag-collector.ts'

/** What a kind of field does about findings. */
export interface InspectionDefaults {
  readonly kind: FieldKind
  /** The least score that the actions take. */
  readonly threshold: number
  readonly actions: Readonly<Partial<Record<DetectorName, DetectorAction>>>
  /** Whether code that Markdown shows counts less. */
  readonly showsCode: boolean
}

/** What came of an inspection: the text, changed where a detector sanitises, or that it is refused. */
export type Inspected = { readonly text: string } | 'refused'

/** Looks through a text and reports what it finds to the validation under way. */
export type Inspection = (text: string) => Inspected

interface Step {
  readonly name: DetectorName
  readonly action: Exclude<DetectorAction, 'allow'>
  readonly threshold: number
}

/** Lives as long as the process: hashes tell equal texts from others, and nobody can guess texts from them. */
const hashKey = randomBytes(32)

/** What stands for a text in events. */
export const textHash = (text: string): string =>
  createHmac('sha256', hashKey).update(text).digest('hex').slice(0, 16)

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
const mostPasses = 8

/** Builds the inspection of one field: the kind's actions with the field's own settings over them. */
export function createInspection(defaults: InspectionDefaults, settings: DetectorSettings = {}): Inspection {
  const steps: Step[] = []
  for (const name of Object.keys(detectors) as DetectorName[]) {
    const given = settings[name] ?? defaults.actions[name] ?? 'allow'
    const { action, threshold } =
      typeof given === 'string' ? { action: given, threshold: defaults.threshold } : given
    if (action !== 'allow') steps.push({ name, action, threshold })
  }
  const look = (text: string, { name, threshold, action }: Step): readonly Finding[] => {
    const findings = detectors[name](text, action === 'sanitize' ? Infinity : mostFindings)
    const weighed = defaults.showsCode && !carried.has(name) ? lowerInCode(text, findings) : findings
    return weighed.filter(({ score }) => score >= threshold)
  }
  const report = (text: string, { name, action }: Step, findings: readonly Finding[]): void => {
    currentCollector()?.add({
      text,
      kind: defaults.kind,
      detector: name,
      action,
      score: findings.reduce((most, { score }) => Math.max(most, score), 0),
      spans: findings
        .slice(0, mostFindings)
        .map(({ start, end }) => ({ start, end, hash: textHash(text.slice(start, end)) })),
      hash: textHash(text),
    })
  }
  const clean = (text: string, step: Step, findings: readonly Finding[]): Inspected => {
    let cleaned = text
    let found = findings
    for (let pass = 0; pass < mostPasses; pass++) {
      cleaned = replaceSpans(cleaned, found, replacements[step.name] ?? '')
      found = look(cleaned, step)
      if (found.length === 0) return { text: cleaned }
    }
    // Built so that every removal joins the next one.
    return 'refused'
  }

  return (original) => {
    let text = original
    for (const step of steps) {
      const findings = look(text, step)
      if (findings.length === 0) continue
      report(text, step, findings)
      if (step.action === 'reject') return 'refused'
      if (step.action === 'flag') continue
      const cleaned = clean(text, step, findings)
      if (cleaned === 'refused') return cleaned
      text = cleaned.text
    }
    return { text }
  }
}
