import { createRedisScript, type RedisScript } from '@alfred/core/redis'
import { algorithms } from '../../algorithms/algorithms.ts'
import type { CompiledRule } from '../compiled-rules.ts'
import { cellBytes, cellFormat } from './cell-format.ts'
import { maxLocalRules, type WrittenCell, type WrittenRule, writeRules } from './written-rule.ts'

const script = (lines: readonly string[]): RedisScript => createRedisScript(lines.join('\n'))

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)]

/** `local a, b = 0, 0`; without `local` for fields of a table. */
const zeros = (names: readonly string[]): string =>
  `${names[0]?.startsWith('v.') ? '' : 'local '}${names.join(', ')} = ${names.map(() => '0').join(', ')}`

/** Unpacks a value that holds just these cells in this order, which is nearly always so: no loop, one call. */
function unpackingLines(cells: readonly WrittenCell[], variables: readonly string[]): string[] {
  const words = cells.flatMap(({ tagVariable, time, count }) => [tagVariable, time, count])
  return [
    `  if #packed == ${String(cellBytes * cells.length)} then`,
    `    local ${cells.map(({ tagVariable }) => tagVariable).join(', ')}`,
    `    ${words.join(', ')} = unpack('<${cellFormat.repeat(cells.length)}', packed)`,
    `    known = ${cells.map(({ tagVariable, tag }) => `${tagVariable} == ${tag}`).join(' and ')}`,
    `    if not known then ${variables.join(', ')} = ${variables.map(() => '0').join(', ')} end`,
    `  end`,
  ]
}

/**
 * Numbers as one string of doubles, which Redis writes and ioredis reads in a third of the time that a list takes. All
 * of them are whole and exact in a double.
 */
const packedNumbers = (variables: readonly string[]): string =>
  `pack('<${'d'.repeat(variables.length)}', ${variables.join(', ')})`

/** Reads the value at `KEYS[1]` into the rules' variables; `others` are the cells of other policies. */
function readingLines(rules: readonly WrittenRule[]): string[] {
  const cells = rules.flatMap((rule) => rule.cells)
  const variables = unique(cells.flatMap(({ time, count }) => [time, count]))
  const readings = rules.flatMap((rule) => rule.reading)
  const blocked = rules.map((rule) => rule.blocked)
  const local = rules.length <= maxLocalRules
  const holders = rules.flatMap(({ leases, tag }) => (leases ? [{ ...leases, tag }] : []))
  const values = rules.flatMap((rule) => rule.arguments)
  const firstGiven = holders.length > 0 ? 2 : 1
  const unpacks = local && holders.length === 0
  return [
    `local call, ceil, pack, unpack = redis.call, math.ceil, struct.pack, struct.unpack`,
    `local time = call('TIME')`,
    `local now = time[1] * 1000000 + time[2]`,
    `local packed = call('GET', KEYS[1])`,
    ...(local ? [] : [`local v = {}`]),
    ...(holders.length > 0 ? [`local lease = ARGV[1] + 0`] : []),
    ...holders.map(({ ownEnd }) => `${local ? 'local ' : ''}${ownEnd} = 0`),
    ...values.map(
      (name, index) => `${local ? 'local ' : ''}${name} = ARGV[${String(firstGiven + index)}] + 0`,
    ),
    ...(variables.length > 0 ? [zeros(variables)] : []),
    zeros(blocked),
    zeros(readings),
    `local others, last, known, stopped, cut = '', now, false, false, false`,
    `if packed then`,
    // A text that grows cell by cell would be copied as often: a thousand leases took 20 ms.
    ...(unpacks ? unpackingLines(cells, variables) : []),
    `  if not known then`,
    `    local kept = {}`,
    `    for p = 1, #packed - ${String(cellBytes - 1)}, ${String(cellBytes)} do`,
    `      local g, m, r = unpack('<${cellFormat}', packed, p)`,
    `      if m >= now then`,
    `        if false then`,
    ...cells.map(({ tag, time, count }) => `        elseif g == ${tag} then ${time}, ${count} = m, r`),
    ...holders.map(({ tag, readEach }) => `        elseif g == ${tag} then ${readEach}`),
    `        else`,
    `          local cell = string.sub(packed, p, p + ${String(cellBytes - 1)})`,
    `          if ${rules.map((rule) => `g == ${rule.blockTag}`).join(' or ')} then`,
    // The clock was set back: a block lasts no longer than it was made for.
    `            if r > 0 and m - now > r * 1000000 then m, cut = now + r * 1000000, true end`,
    `            cell, stopped = pack('<${cellFormat}', g, m, r), true`,
    ...rules.map((rule) => `            if g == ${rule.blockTag} then ${rule.blocked} = m - now end`),
    `          end`,
    `          kept[#kept + 1] = cell`,
    `          if m > last then last = m end`,
    `        end`,
    `      end`,
    `    end`,
    `    others = table.concat(kept)`,
    `  end`,
    `end`,
    ...rules.map(({ read }) => read),
    `local reply = ${packedNumbers(readings)}`,
    `if stopped then reply = ${packedNumbers([...readings, ...blocked])} end`,
  ]
}

/** What a script does besides counting what fits. */
export interface CountScriptOptions {
  /** Counts what does not fit as well. @default false */
  readonly forced?: boolean | undefined
  /** Where edits are published. @default nothing is */
  readonly channel?: string | undefined
}

/** A text as Lua reads it, whatever characters it has. */
const luaText = (text: string): string =>
  `'${text.replaceAll(/[^\w:.-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join(''),
  )}'`

/**
 * The script that counts a request in all rules or in none, and returns the reading of each before. A refusal and a look
 * write nothing, unless a time was cut: what they say holds from then on. The readings are whole numbers below 2^53,
 * packed as doubles, from which the caller concludes just what the script did; behind them, where a subject is blocked,
 * for how many microseconds by each rule. A call that gives back what a refusal was for tells the channel of edits.
 *
 * It is written for the given rules, with their numbers in it, which takes Redis less time than reading
 * them from `ARGV` on every call. What differs from call to call comes in `ARGV`, see
 * {@link scriptArguments}.
 */
export function countScript(
  rules: readonly CompiledRule[],
  { forced = false, channel }: CountScriptOptions = {},
): RedisScript {
  const written = writeRules(rules)
  const refusing = channel === undefined ? [] : written.filter(({ enforced, leases }) => enforced && !leases)
  const amounts = written.map(({ amount }) => amount)
  const declared = `${rules.length <= maxLocalRules ? 'local ' : ''}${amounts.join(', ')}`
  const refused = written
    .filter((rule) => rule.enforced && !forced)
    .map(({ amount, blocked, fits }) => `(${amount} > 0 and (${blocked} > 0 or not (${fits})))`)
  const cells = written.flatMap((rule) => rule.cells)
  const holders = written.flatMap(({ leases, tag }) => (leases ? [{ ...leases, tag }] : []))
  const first = written.flatMap((rule) => rule.arguments).length + (holders.length > 0 ? 2 : 1)
  const packing = cells.map(({ tag, time, count }) => `${tag}, ${time}, ${count}`)
  const nothing = amounts.map((amount) => `${amount} == 0`).join(' and ')
  const ends = [`(ARGV[${String(first)}] and ${nothing})`, ...refused].join(' or ')
  return script([
    ...readingLines(written),
    `${declared} = ${written.map(({ take }) => take).join(', ')}`,
    ...(refusing.length > 0 ? ['local freed = false'] : []),
    `if ARGV[${String(first)}] then`,
    ...(refusing.length > 0 ? [`  freed = ${refusing.map(({ fits }) => `not (${fits})`).join(' or ')}`] : []),
    `  ${amounts.join(', ')} = ${amounts.map((_, index) => `ARGV[${String(first + index)}] + 0`).join(', ')}`,
    ...(refusing.length > 0
      ? [`  freed = freed and (${refusing.map(({ amount }) => `${amount} < 0`).join(' or ')})`]
      : []),
    `end`,
    `if ${ends} then`,
    `  if not cut then return reply end`,
    `else`,
    ...written.flatMap((rule) => [
      // Of the enforced rules, what does not fit has been refused by now.
      rule.enforced || forced
        ? rule.count
        : `if ${rule.amount} <= 0 or (${rule.blocked} == 0 and ${rule.fits}) then ${rule.count} end`,
      rule.write,
      ...(rule.leases ? [`${rule.leases.ownEnd} = ${rule.leases.endsAt}`] : []),
    ]),
    `end`,
    ...unique(cells.map(({ time }) => time)).map((time) => `if ${time} > last then last = ${time} end`),
    cells.length === 0
      ? `local value = others`
      : `local value = pack('<${cellFormat.repeat(cells.length)}', ${packing.join(', ')}) .. others`,
    ...holders.flatMap(({ hasOwn, ownEnd, tag }) => [
      `if ${hasOwn} then`,
      `  value = value .. pack('<${cellFormat}', ${tag}, ${ownEnd}, lease)`,
      `  if ${ownEnd} > last then last = ${ownEnd} end`,
      `end`,
    ]),
    `local ttl = (last - now) / 1000`,
    // The rests add less than a microsecond, rounding down takes less than a millisecond.
    `call('SET', KEYS[1], value, 'PX', ttl - ttl % 1 + 2)`,
    ...(channel !== undefined && refusing.length > 0
      ? [
          `if freed then`,
          // The subject stands in braces. Whoever may not publish has counted all the same.
          `  local subject = string.sub(KEYS[1], string.find(KEYS[1], '{', 1, true) + 1, -2)`,
          `  redis.pcall('PUBLISH', ${luaText(channel)}, subject)`,
          `end`,
        ]
      : []),
    `return reply`,
  ])
}

/** What {@link scriptArguments} puts into `ARGV`. */
export interface ScriptCall {
  /** The rules as they apply to the subject, with quotas of its own where it has some. */
  readonly rules: readonly CompiledRule[]
  /** Amounts to take instead of the rules' own. */
  readonly takes: readonly number[] | undefined
  readonly lease: number
}

/** The arguments of a script: the lease, the numbers of planned rules, the amounts to take. */
export function scriptArguments({ rules, takes = [], lease }: ScriptCall): string[] {
  const holds = rules.some(({ algorithmName }) => algorithms[algorithmName].script.leases)
  const planned = rules.flatMap(({ planned: isPlanned, algorithm, take }) =>
    isPlanned ? [...Object.values(algorithm.parameters), take] : [],
  )
  return [...(holds ? [lease] : []), ...planned, ...takes].map(String)
}
