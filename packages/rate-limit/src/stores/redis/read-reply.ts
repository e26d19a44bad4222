import type { CompiledRule, RuleState } from '../compiled-rules.ts'

const doubleBytes = 8

/**
 * Reads a script's reply: the state of each rule.
 *
 * @returns `undefined` for a reply of another form
 */
export function readReply(reply: unknown, rules: readonly CompiledRule[]): readonly RuleState[] | undefined {
  if (!Buffer.isBuffer(reply)) return undefined
  let length = 0
  for (const { readings } of rules) length += readings
  const blocked = reply.length === (length + rules.length) * doubleBytes
  if (!blocked && reply.length !== length * doubleBytes) return undefined
  const numberAt = (index: number): number => reply.readDoubleLE(index * doubleBytes)
  const states: RuleState[] = []
  let from = 0
  for (const { readings } of rules) {
    const reading: number[] = []
    for (let index = from; index < from + readings; index += 1) reading.push(numberAt(index))
    from += readings
    states.push({ reading, blockedUs: blocked ? numberAt(length + states.length) : 0 })
  }
  return states
}
