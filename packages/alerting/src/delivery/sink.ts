import { option, type Rule } from '@alfred/core'

/** Where error reports or alerts go. */
export interface Sink<Item> {
  /** For logs and metrics; unique among the sinks of one kind. */
  readonly name: string
  /**
   * How often an alert that goes on must be told again, in ms, for receivers that forget what they do not hear of.
   * @default the dispatcher's `repeatIntervalMs`
   */
  readonly refreshMs?: number | undefined
  /**
   * Delivers one item. What it throws is tried again later, unless it is a `DeliveryError` that is permanent.
   *
   * @param signal - aborted when it takes too long
   */
  deliver(item: Item, signal: AbortSignal): Promise<void>
}

const nameRule = option.string({
  pattern: /^[a-z][a-z0-9-]{0,39}$/,
  hint: 'lower-case letters, digits and -',
})

/** The rule for an option that lists sinks. */
export const sinksRule = <Item>(): Rule<readonly Sink<Item>[]> => {
  const sinkRule = option.withMethods<Sink<Item>>('deliver').check(({ name }, report) => {
    nameRule(name, report.at('name'))
  })
  return option.list(sinkRule).check((sinks, report) => {
    const names = new Set<string>()
    for (const { name } of sinks) {
      if (names.has(name)) report.add('ALFRED_CONFIG_CONFLICT', 'has two sinks of one name.')
      names.add(name)
    }
  })
}
