import type { ConfigProblem } from '../errors/config-problem.ts'
import { option } from './option-rules.ts'

/** A path that a layer answers itself. */
export interface Endpoint {
  /** The option that says the path, such as `health.paths.liveness`. */
  readonly option: string
  readonly path: string
  /** Whether the path is the layer's default: of two endpoints the one that was chosen is reported. */
  readonly isDefault: boolean
}

const shape = option.string({
  pattern: /^\/[^?#]*$/,
  hint: 'a path that begins with /, without query',
})

/** What is wrong with the path of an endpoint that no request could have, and what to write; `undefined` when nothing is. */
function unreachable(path: string): string | undefined {
  if (!/^[\x21-\x7e]*$/.test(path)) return 'visible ASCII, which is all that a request target has'
  if (path.includes('%')) return 'without %: a path that is spelled in two ways is answered in neither'
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'without the segments . and .., which clients remove'
  if (path.includes('\\') || path.includes('//'))
    return 'without \\ and without //, which clients and proxies replace'
  if (/[*{}]|\/:/.test(path)) return 'one path, not a pattern: it is compared as it is written'
  return undefined
}

/** The rule for a path that a layer answers itself: one that a client can ask for. */
export const endpointPathRule = option.custom<string>((value, report) => {
  const path = shape(value, report)
  const fault = path === undefined ? undefined : unreachable(path)
  if (fault === undefined) return path
  report.add('ALFRED_CONFIG_OUT_OF_RANGE', `must be ${fault}.`)
  return undefined
})

/** As layers compare paths: without regard to case and to slashes at the end. */
export const comparablePath = (path: string): string => path.toLowerCase().replace(/\/+$/, '')

/** A problem for every endpoint whose path another one before it has: the second would never answer. */
export function endpointCollisions(endpoints: readonly Endpoint[]): readonly ConfigProblem[] {
  const owners = new Map<string, Endpoint>()
  const problems: ConfigProblem[] = []
  // Those that were chosen come last, where they are reported.
  for (const endpoint of endpoints.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))) {
    const path = comparablePath(endpoint.path)
    const owner = owners.get(path)
    if (owner === undefined) owners.set(path, endpoint)
    else {
      problems.push({
        path: endpoint.option,
        code: 'ALFRED_CONFIG_CONFLICT',
        message: `must differ from ${owner.option}: one path has one answer.`,
      })
    }
  }
  return problems
}
