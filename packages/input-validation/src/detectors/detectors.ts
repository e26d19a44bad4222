import { detectCode } from './code.ts'
import type { Detector, DetectorName } from './finding.ts'
import { detectMarkup } from './markup.ts'
import { detectPath } from './path.ts'
import { detectPrompt } from './prompt.ts'
import { detectSecret } from './secret.ts'
import { detectSql } from './sql.ts'
import { detectUnicode } from './unicode.ts'
import { detectUrl } from './url.ts'

/** Every detector by its name. */
export const detectors: Readonly<Record<DetectorName, Detector>> = Object.freeze({
  code: detectCode,
  markup: detectMarkup,
  path: detectPath,
  prompt: detectPrompt,
  secret: detectSecret,
  sql: detectSql,
  unicode: detectUnicode,
  url: detectUrl,
})
