import { option, type OptionRule } from '@alfred/core'

/** When an address is banned, and for how long. */
export interface BanOptions {
  /**
   * Offences within `windowMs` that lead to a ban: requests denied by a limit, responses with a status in
   * `statuses`, and what the application reports. Each process counts for itself.
   *
   * @default 30
   */
  readonly after?: number | undefined
  /** @default 60_000 */
  readonly windowMs?: number | undefined
  /** How long the first ban lasts, in milliseconds. @default 60_000 */
  readonly firstMs?: number | undefined
  /** How many times longer than the one before each ban lasts. @default 2 */
  readonly factor?: number | undefined
  /** No ban lasts longer. @default 86_400_000: a day */
  readonly maxMs?: number | undefined
  /** In every such time without a new ban one earlier ban is forgotten. @default 86_400_000: a day */
  readonly forgetAfterMs?: number | undefined
  /**
   * Response statuses that count as so many offences.
   *
   * @default { 401: 1 }: somebody who tries out API keys
   */
  readonly statuses?: Readonly<Record<number, number>> | undefined
  /** The IPv6 network that is banned as one. @default 64 */
  readonly ipv6PrefixBits?: 48 | 56 | 64 | undefined
  /** How many banned addresses a process remembers at once. @default 100_000 */
  readonly maxAddresses?: number | undefined
}

/** {@link BanOptions} with their defaults. */
export type ResolvedBanOptions = {
  readonly [K in Exclude<keyof BanOptions, 'statuses'>]-?: Exclude<BanOptions[K], undefined>
} & {
  readonly statuses: ReadonlyMap<number, number>
}

const dayMs = 86_400_000
const monthMs = 30 * dayMs
const time = option.integer({ min: 1, max: monthMs })

const statusesRule: OptionRule<Readonly<Record<number, number>>> = (value, report) => {
  const read = option.record(option.integer({ min: 1, max: 1_000_000 }))(value, report)
  for (const status of Object.keys(read ?? {})) {
    if (/^[45]\d\d$/.test(status)) continue
    report.at(status).add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be a status from 400 to 599.')
  }
  return read
}

const shape = option.objectOf<BanOptions>({
  after: option.integer({ min: 1, max: 1_000_000 }),
  windowMs: time,
  firstMs: time,
  factor: option.number({ min: 1, max: 100 }),
  maxMs: time,
  forgetAfterMs: time,
  statuses: statusesRule,
  ipv6PrefixBits: option.oneOf(48, 56, 64),
  maxAddresses: option.integer({ min: 1, max: 2 ** 24 }),
})

/** The rule for the `bans` option: `true` takes the defaults. */
export const banRule: OptionRule<ResolvedBanOptions | false> = (value, report) => {
  if (value === false) return value
  const read = shape(value === true ? {} : value, report)
  if (!read) return undefined
  const { firstMs = 60_000, maxMs = Math.max(dayMs, firstMs) } = read
  if (maxMs < firstMs) report.at('maxMs').add('ALFRED_CONFIG_CONFLICT', 'must not be below firstMs.')
  return Object.freeze({
    after: read.after ?? 30,
    windowMs: read.windowMs ?? 60_000,
    firstMs,
    factor: read.factor ?? 2,
    maxMs,
    forgetAfterMs: read.forgetAfterMs ?? dayMs,
    statuses: new Map(
      Object.entries(read.statuses ?? { 401: 1 }).map(([status, weight]) => [Number(status), weight]),
    ),
    ipv6PrefixBits: read.ipv6PrefixBits ?? 64,
    maxAddresses: read.maxAddresses ?? 100_000,
  })
}
