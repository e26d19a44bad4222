import { comparablePath, type ConfigProblem, type Endpoint, type PathMatch } from '@alfred/core'
import type { RequestedLayers } from '../layers/layer-definition.ts'

/** A rule that protects, and the option that says it. */
interface Protection {
  readonly option: string
  readonly match: PathMatch | false | undefined
}

function protectionsOf({ clientKeys, rateLimit }: RequestedLayers): readonly Protection[] {
  const required = clientKeys ? [{ option: 'clientKeys.required', match: clientKeys.required }] : []
  const limits = rateLimit ? (rateLimit.policies ?? []) : []
  return [
    ...required,
    ...limits.map(({ match }, index) => ({
      option: `rateLimit.policies[${String(index)}].match`,
      match,
    })),
  ]
}

const pathsOf = (match: Protection['match']): readonly string[] =>
  typeof match === 'string' ? [match] : typeof match === 'object' ? match : []

/**
 * A problem for every rule that names the path of a layer which answers before the rule is asked: a key that is required
 * for `/metrics` is never asked for. A rule for a path above it, such as `/`, means the application's routes.
 */
export function vainProtections(
  requested: RequestedLayers,
  endpoints: readonly Endpoint[],
): readonly ConfigProblem[] {
  const answered = new Map(endpoints.map((endpoint) => [comparablePath(endpoint.path), endpoint.option]))
  return protectionsOf(requested).flatMap(({ option, match }) =>
    pathsOf(match).flatMap((path) => {
      const owner = answered.get(comparablePath(path))
      if (owner === undefined) return []
      const message = `must not name ${path}: ${owner} answers there before keys and limits are checked. Say who may read it in the options of that layer.`
      return [{ path: option, code: 'ALFRED_CONFIG_CONFLICT' as const, message }]
    }),
  )
}
