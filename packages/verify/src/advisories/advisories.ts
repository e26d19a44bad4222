import { addressAdvisories } from './address-advisories.ts'
import type { ForeignAdvisory, ReplayedAdvisory } from './advisory.ts'
import { bodyAdvisories } from './body-advisories.ts'
import { contentAdvisories } from './content-advisories.ts'
import { crossOriginAdvisories } from './cross-origin-advisories.ts'
import { foreignAdvisories } from './foreign-advisories.ts'
import { hostAdvisories } from './host-advisories.ts'
import { keyAdvisories } from './key-advisories.ts'
import { targetAdvisories } from './target-advisories.ts'

/** All that are replayed. A new one is a row in the file of its kind. */
export const replayedAdvisories: readonly ReplayedAdvisory[] = [
  ...targetAdvisories,
  ...addressAdvisories,
  ...bodyAdvisories,
  ...crossOriginAdvisories,
  ...hostAdvisories,
  ...keyAdvisories,
  ...contentAdvisories,
]

/** Those that cannot concern this stack. */
export const notApplicableAdvisories: readonly ForeignAdvisory[] = foreignAdvisories
