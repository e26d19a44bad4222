import { type ConfigProblem, isPlainObject } from '@alfred/core'

/**
 * The variables that parts of configurations were read from. By object, so that a part keeps its variable when a
 * configuration is spread into another one.
 */
const variables = new WeakMap<object, string>()

/** Notes which variable a part of a configuration was read from. */
export function fromVariable<Part extends object>(part: Part, variable: string): Part {
  variables.set(part, variable)
  return part
}

/** How deep parts are looked for: `metrics.access`. */
const deepest = 2

function* variableParts(value: unknown, path: string, depth: number): Generator<readonly [string, string]> {
  if (typeof value !== 'object' || value === null) return
  const variable = variables.get(value)
  if (variable !== undefined) yield [path, variable]
  if (depth === 0 || !isPlainObject(value)) return
  for (const [key, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(value))) {
    yield* variableParts(member, path === '' ? key : `${path}.${key}`, depth - 1)
  }
}

/** The parts that came from variables; none of a configuration that cannot be looked at. */
function partsOf(config: unknown): readonly (readonly [string, string])[] {
  try {
    return [...variableParts(config, '', deepest)]
  } catch {
    return []
  }
}

/** The problems, with the variable where one caused it. */
export function nameVariables(config: unknown, problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const parts = partsOf(config)
  return problems.map((problem) => {
    const [, variable] =
      parts.find(
        ([path]) =>
          problem.path === path ||
          (/^[.[]/.test(problem.path.slice(path.length)) && problem.path.startsWith(path)),
      ) ?? []
    return variable === undefined ? problem : { ...problem, variable }
  })
}
