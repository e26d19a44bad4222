import { createHash } from 'node:crypto'
import type { CompiledRule } from './compiled-rules.ts'

/** How a rule's state stands in a subject's value: its tag, the microsecond at which it is paid, the rest. */
const entryFormat = 'c3I7I4'
const entryBytes = 14

/** The three characters that mark a policy's state: a hash of its name, so that they outlive a reordering. */
export const ruleTag = (name: string): string =>
  createHash('sha256').update(name).digest('base64url').slice(0, 3)

/** A Lua script and the digest Redis knows it by. */
export interface RedisScript {
  readonly source: string
  readonly sha: string
}

const script = (lines: readonly string[]): RedisScript => {
  const source = lines.join('\n')
  return { source, sha: createHash('sha1').update(source).digest('hex') }
}

/** A rule as it is written into a script; `n` makes the names of its variables. */
interface Written {
  readonly n: string
  readonly tag: string
  readonly drain: string
  readonly capacity: string
  readonly take: string
  readonly enforced: boolean
}

const write = (rules: readonly CompiledRule[]): readonly Written[] =>
  rules.map(({ name, drain, capacity, take, enforced }, index) => ({
    n: String(index),
    tag: `'${ruleTag(name)}'`,
    drain: String(drain),
    capacity: String(capacity),
    take: String(take),
    enforced,
  }))

const list = (rules: readonly Written[], word: (rule: Written) => string, separator = ', '): string =>
  rules.map(word).join(separator)

/** Reads the state at `KEYS[1]` into `d0`, `d1`, …: what is owed to each rule at `now`. */
function readingLines(rules: readonly Written[]): string[] {
  const format = entryFormat.repeat(rules.length)
  const names = list(rules, ({ n }) => `g${n}, m${n}, r${n}`)
  return [
    `local call = redis.call`,
    `local time = call('TIME')`,
    `local now = time[1] * 1000000 + time[2]`,
    `local packed = call('GET', KEYS[1])`,
    `local ${list(rules, ({ n }) => `d${n}`)} = ${list(rules, () => '0')}`,
    `local others, last = '', now`,
    `if packed then`,
    `  local ${names}`,
    // Nearly always the value holds just these rules in this order: no loop, one call.
    `  if #packed == ${String(entryBytes * rules.length)} then ${names} = struct.unpack('<${format}', packed) end`,
    `  if ${list(rules, ({ n, tag }) => `g${n} == ${tag}`, ' and ')} then`,
    ...rules.map(({ n, drain }) => `    if m${n} >= now then d${n} = (m${n} - now) * ${drain} + r${n} end`),
    `  else`,
    `    for p = 1, #packed - ${String(entryBytes - 1)}, ${String(entryBytes)} do`,
    `      local g, m, r = struct.unpack('<${entryFormat}', packed, p)`,
    `      if m >= now then`,
    `        if false then`,
    ...rules.map(({ n, tag, drain }) => `        elseif g == ${tag} then d${n} = (m - now) * ${drain} + r`),
    `        else`,
    `          others = others .. string.sub(packed, p, p + ${String(entryBytes - 1)})`,
    `          if m > last then last = m end`,
    `        end`,
    `      end`,
    `    end`,
    `  end`,
    `end`,
    // A clock that went back after a failover, or a policy made smaller, must not lock anybody out.
    ...rules.map(({ n, capacity }) => `if d${n} > ${capacity} then d${n} = ${capacity} end`),
    `local owed = {${list(rules, ({ n }) => `d${n}`)}}`,
  ]
}

/** The script that only reads what is owed to each rule. */
export const lookScript = (rules: readonly CompiledRule[]): RedisScript =>
  script([...readingLines(write(rules)), 'return owed'])

/**
 * The script that counts a request in all rules or in none, and returns what was owed to each before: in
 * units, whole numbers below 2^53, from which the caller concludes just what the script did.
 *
 * It is written for the given rules, with their numbers in it, which takes Redis less time than reading
 * them from `ARGV` on every call. Units to take instead of the rules' own come in `ARGV`.
 */
export function countScript(rules: readonly CompiledRule[]): RedisScript {
  const written = write(rules)
  const takes = list(written, ({ n }) => `t${n}`)
  const enforced = written.filter((rule) => rule.enforced)
  const refused = list(enforced, ({ n, capacity }) => `d${n} + t${n} > ${capacity}`, ' or ')
  const packing = list(written, ({ n, tag }) => `${tag}, m${n}, r${n}`)
  return script([
    ...readingLines(written),
    `local ${takes} = ${list(written, ({ take }) => take)}`,
    `if ARGV[1] then ${takes} = ${list(written, ({ n }) => `ARGV[${n} + 1] + 0`)} end`,
    ...(refused === '' ? [] : [`if ${refused} then return owed end`]),
    ...written.flatMap(({ n, drain, capacity }) => [
      `if d${n} + t${n} <= ${capacity} then d${n} = d${n} + t${n} end`,
      `if d${n} < 0 then d${n} = 0 end`,
      `local r${n} = d${n} % ${drain}`,
      `local m${n} = now + (d${n} - r${n}) / ${drain}`,
      `if m${n} > last then last = m${n} end`,
    ]),
    `local value = struct.pack('<${entryFormat.repeat(rules.length)}', ${packing})`,
    `local ttl = (last - now) / 1000`,
    // The rests add less than a microsecond, rounding down takes less than a millisecond.
    `call('SET', KEYS[1], value .. others, 'PX', ttl - ttl % 1 + 2)`,
    `return owed`,
  ])
}
