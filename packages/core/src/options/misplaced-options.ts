import type { ProblemReport } from './option-rule.ts'

/**
 * Reports each option of `names` that stands in `options` and is read from another place only: accepted there, it would be
 * overwritten without a word.
 *
 * @param options - what was given; a value that is not an object holds no option
 * @param owner - where the option belongs, in words that follow `belongs`
 */
export function reportMisplaced(
  options: unknown,
  names: readonly string[],
  owner: string,
  report: ProblemReport,
): void {
  if (typeof options !== 'object' || options === null) return
  for (const name of names) {
    if (Object.hasOwn(options, name) && Reflect.get(options, name) !== undefined) {
      report.at(name).add('ALFRED_CONFIG_CONFLICT', `${name} belongs ${owner}.`)
    }
  }
}
