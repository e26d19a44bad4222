import { atOnce, type SteppedWork } from './text/stepped-work.ts'
import { detectCode } from './code/code.ts'
import type { Detector, DetectorName, Finding, SteppedDetector } from './text/finding.ts'
import { triggers, triggersOf } from './scan/trigger-scan.ts'
import { detectMarkup } from './markup/markup.ts'
import { detectPath } from './path/path.ts'
import { detectPrompt } from './prompt/prompt.ts'
import { detectSecret } from './secret/secret.ts'
import { detectSql } from './sql/sql.ts'
import { detectUnicode } from './unicode/unicode.ts'
import { detectUrl } from './url/url.ts'

/** For detectors that take a long text a millisecond. */
const inOneStep = (detect: Detector): SteppedDetector =>
  // eslint-disable-next-line require-yield -- one step needs no stop
  function* (text, maxFindings): SteppedWork<readonly Finding[]> {
    return detect(text, maxFindings)
  }

/** Every detector by its name, in steps. */
export const steppedDetectors: Readonly<Record<DetectorName, SteppedDetector>> = {
  code: inOneStep(detectCode),
  markup: detectMarkup,
  path: detectPath,
  prompt: detectPrompt,
  secret: detectSecret,
  sql: detectSql,
  unicode: detectUnicode,
  url: inOneStep(detectUrl),
}

const wholly =
  (detect: SteppedDetector): Detector =>
  (text, maxFindings) =>
    atOnce(detect(text, maxFindings))

/** Every detector by its name. Each looks at the whole text by itself. */
export const detectors: Readonly<Record<DetectorName, Detector>> = Object.freeze({
  code: detectCode,
  markup: wholly(detectMarkup),
  path: wholly(detectPath),
  prompt: wholly(detectPrompt),
  secret: wholly(detectSecret),
  sql: wholly(detectSql),
  unicode: wholly(detectUnicode),
  url: detectUrl,
})

/** What all detectors find in one text. */
export type AllFindings = Readonly<Record<DetectorName, readonly Finding[]>>

const nothing: readonly Finding[] = Object.freeze([])

/**
 * What every detector of {@link detectors} finds, in a fraction of the time: the text is read once for all of them, and
 * only those look closer that may find something.
 *
 * @param maxFindings - the most findings of each detector; the surest ones are kept. @default 16
 */
export function detectAll(text: string, maxFindings?: number): AllFindings {
  const seen = triggersOf(text)
  const findingsOf = (name: DetectorName): readonly Finding[] =>
    (seen & triggers[name]) === 0 ? nothing : detectors[name](text, maxFindings)
  // Written out: an object that grows by its keys costs more than reading the text.
  return {
    code: findingsOf('code'),
    markup: findingsOf('markup'),
    path: findingsOf('path'),
    prompt: findingsOf('prompt'),
    secret: findingsOf('secret'),
    sql: findingsOf('sql'),
    unicode: findingsOf('unicode'),
    url: findingsOf('url'),
  }
}
