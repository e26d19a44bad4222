import { option, type Rule } from '@alfred/core'

/**
 * Which values a label may take: a closed list, or the first `max` different ones that come (`known` are
 * among them from the start). Any other value counts as `other`, on this label alone.
 */
export type LabelDeclaration =
  readonly string[] | { readonly max: number; readonly known?: readonly string[] | undefined }

export type LabelDeclarations = Readonly<Record<string, LabelDeclaration>>

/** What to pass for declared labels: a value of the list or `other`, or any string where a `max` is declared. */
export type LabelValues<L extends LabelDeclarations> = {
  readonly [K in keyof L]: L[K] extends readonly (infer V extends string)[] ? V | 'other' : string
}

/** The value that stands for all those a label does not keep apart. */
export const otherValue = 'other'

/** A label longer than this counts as `other`: a series must not hold a page of text. */
export const maxValueLength = 128

/** The most values one label may keep apart; beyond that it is no label but an identity. */
const maxValues = 1000

// https://prometheus.io/docs/concepts/data_model/: names with two underscores in front are Prometheus' own.
const labelName = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/

const valueRule = option.string()

const boundRule = option
  .object({ max: option.integer({ min: 1, max: maxValues }), known: option.list(valueRule).optional() })
  .check(({ known = [], max = Infinity }, report) => {
    if (known.length <= max) return
    report.at('known').add('ALFRED_CONFIG_CONFLICT', 'must not name more values than max allows.')
  })

const declarationRule = option.anyOf(
  'a list of values, or { max }',
  option.list(valueRule, { min: 1 }),
  boundRule,
)

/** The rule of a definition's `labels`. */
export const labelsRule: Rule<LabelDeclarations> = option.record(declarationRule).check((read, report) => {
  let combinations = 1
  for (const [name, declaration] of Object.entries(read)) {
    if (!labelName.test(name) || name === 'le' || name === 'quantile') {
      report.at(name).add('ALFRED_CONFIG_OUT_OF_RANGE', 'is not a name that a label may have.')
    }
    combinations *= valueCount(declaration)
  }
  if (combinations > Number.MAX_SAFE_INTEGER) {
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'allow more combinations of values than a metric may have.')
  }
})

/** How many values a label can have in the end, `other` included. */
export const valueCount = (declaration: LabelDeclaration): number =>
  1 + ('max' in declaration ? declaration.max : declaration.length)
