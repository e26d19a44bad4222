import { bodies } from './bodies.ts'
import { connections } from './connections.ts'
import { credentials } from './credentials.ts'
import { fields } from './fields.ts'
import { framing } from './framing.ts'
import { queries } from './queries.ts'
import { requestLines } from './request-lines.ts'
import type { Family, FamilyContext, HostileRequest } from './hostile-request.ts'
import { createSeededRandom } from '../../random/seeded-random.ts'

/** Every kind of request that a run makes, by name. */
export const families: readonly (readonly [name: string, family: Family])[] = [
  requestLines,
  queries,
  fields,
  credentials,
  framing,
  bodies,
  connections,
].flatMap((group) => Object.entries(group))

/** A request and where it comes from: the same seed makes it again. */
export interface GeneratedRequest extends HostileRequest {
  readonly family: string
  readonly seed: number
}

/**
 * Makes the request of a seed. Families follow each other, so that every one has its share of any run.
 *
 * @param index - which request of the run
 */
export function generateRequest(runSeed: number, index: number, context: FamilyContext): GeneratedRequest {
  const seed = runSeed + index
  const chosen = families[index % families.length]
  if (!chosen) throw new Error('there is no family of requests')
  const [name, family] = chosen
  return { ...family(createSeededRandom(seed), context), family: name, seed }
}
