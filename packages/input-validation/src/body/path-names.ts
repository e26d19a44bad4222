import { option, protectedPathsRule } from '@alfred/core'

/** The rule for paths that are named, so that lists of them can be joined: a function is refused. */
export const pathNamesRule = option.custom<readonly string[], string | readonly string[]>((value, report) => {
  if (typeof value === 'function') {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be a path or a list of paths, not a function.')
    return undefined
  }
  const paths = protectedPathsRule(value, report)
  if (typeof paths === 'string') return [paths]
  return typeof paths === 'function' ? undefined : paths
})
