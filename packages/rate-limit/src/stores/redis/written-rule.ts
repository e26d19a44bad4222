import { algorithms } from '../../algorithms/algorithms.ts'
import { blockTag, cellTags } from '../../algorithms/cell-tag.ts'
import type { CompiledRule } from '../compiled-rules.ts'

/** Rules whose variables Lua has room for: at most 200 in a function. With more of them, a table holds them. */
export const maxLocalRules = 10

/** A cell of a rule, with the variables that it is unpacked into. */
export interface WrittenCell {
  readonly tag: string
  readonly tagVariable: string
  readonly time: string
  readonly count: string
}

/** A rule as it is written into a script. */
export interface WrittenRule {
  readonly enforced: boolean
  readonly take: string
  readonly cells: readonly WrittenCell[]
  readonly tag: string
  readonly leases: { readEach: string; hasOwn: string; ownEnd: string; endsAt: string } | undefined
  /** Variables that calls fill from `ARGV`. */
  readonly arguments: readonly string[]
  readonly reading: readonly string[]
  readonly blockTag: string
  readonly blocked: string
  readonly amount: string
  readonly read: string
  readonly fits: string
  readonly count: string
  readonly write: string
}

/** A tag's characters as the number that `I3` makes of them. */
const tagNumber = (tag = ''): string => String(Buffer.from(tag).readUIntLE(0, 3))

export function writeRules(rules: readonly CompiledRule[]): readonly WrittenRule[] {
  const prefix = rules.length > maxLocalRules ? 'v.' : ''
  return rules.map((rule, index) => {
    const { cells, leases, reading, read, fits, count, write } = algorithms[rule.algorithmName].script
    const parameters = new Map(Object.entries(rule.algorithm.parameters))
    const variable = (name: string): string => `${prefix}${name}${String(index)}`
    const parameter = (name: string): string =>
      rule.planned ? variable(`q${name}`) : String(parameters.get(name))
    const fill = (text: string): string =>
      text
        .replaceAll(/\{(\w+)\}/g, (_, name: string) => parameter(name))
        .replaceAll(/(\w+)@/g, (_, name: string) => variable(name))
    const tags = cellTags(rule.name, rule.algorithmName)
    return {
      enforced: rule.enforced,
      take: rule.planned ? parameter('take') : String(rule.take),
      arguments: rule.planned ? [...parameters.keys(), 'take'].map(parameter) : [],
      tag: tagNumber(tags[0]),
      leases: leases && {
        readEach: fill(leases.readEach),
        hasOwn: fill(leases.hasOwn),
        ownEnd: fill(leases.ownEnd),
        endsAt: fill(leases.endsAt),
      },
      cells: cells.map(([time, number], index) => ({
        tag: tagNumber(tags[index]),
        tagVariable: fill(`${'g'.repeat(index + 1)}@`),
        time: fill(time),
        count: fill(number),
      })),
      reading: reading.map(fill),
      blockTag: tagNumber(blockTag(rule.name)),
      blocked: fill('z@'),
      amount: fill('t@'),
      read: fill(read),
      fits: fill(fits),
      count: fill(count),
      write: fill(write),
    }
  })
}
