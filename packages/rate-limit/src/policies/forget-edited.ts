import { readPlanSubject } from '../stores/subject.ts'
import type { ActivePolicy } from './policy-set.ts'

/**
 * Forgets what this process remembers of somebody whom another one has edited.
 *
 * @param name - of the subject, or of its plan; `undefined` where any may have been edited
 */
export function forgetEdited(policies: readonly ActivePolicy[], name: string | undefined): void {
  const planned = name === undefined ? undefined : readPlanSubject(name)
  for (const { denials, unitsAhead, planReader } of policies) {
    if (planned !== undefined) planReader?.forget(planned)
    else if (name === undefined) denials.clear()
    else {
      denials.forget(name)
      unitsAhead.forget(name)
    }
  }
}
