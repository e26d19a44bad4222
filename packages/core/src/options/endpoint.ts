import type { ConfigProblem } from '../errors/config-error.ts'

/** A path that a layer answers itself. */
export interface Endpoint {
  /** The option that says the path, such as `health.paths.liveness`. */
  readonly option: string
  readonly path: string
  /** Whether the path is the layer's default: of two endpoints the one that was chosen is reported. */
  readonly isDefault: boolean
}

/** As layers compare paths: without regard to case and to slashes at the end. */
const comparable = (path: string): string => path.toLowerCase().replace(/\/+$/, '')

/** A problem for every endpoint whose path another one before it has: the second would never answer. */
export function endpointCollisions(endpoints: readonly Endpoint[]): readonly ConfigProblem[] {
  const owners = new Map<string, Endpoint>()
  const problems: ConfigProblem[] = []
  // Those that were chosen come last, where they are reported.
  for (const endpoint of endpoints.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))) {
    const path = comparable(endpoint.path)
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
