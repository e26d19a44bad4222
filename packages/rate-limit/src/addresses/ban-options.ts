import { option, type Options, type Resolved } from '@alfred/core'

const dayMs = 86_400_000
const monthMs = 30 * dayMs
const time = option.integer({ min: 1, max: monthMs })

const statusesRule = option.record(option.integer({ min: 1, max: 1_000_000 })).check((weights, report) => {
  for (const status of Object.keys(weights)) {
    if (/^[45]\d\d$/.test(status)) continue
    report.at(status).add('ALFRED_CONFIG_OUT_OF_RANGE', 'must be a status from 400 to 599.')
  }
})

const banShape = option
  .object({
    /**
     * Offences within `windowMs` that lead to a ban: requests denied by a limit, responses with a status in
     * `statuses`, and what the application reports. Each process counts for itself.
     *
     * @default 30
     */
    after: option.integer({ min: 1, max: 1_000_000 }).default(30),
    /** @default 60_000 */
    windowMs: time.default(60_000),
    /** How long the first ban lasts, in milliseconds. @default 60_000 */
    firstMs: time.default(60_000),
    /** How many times longer than the one before each ban lasts. @default 2 */
    factor: option.number({ min: 1, max: 100 }).default(2),
    /** No ban lasts longer. @default 86_400_000: a day */
    maxMs: time.optional(),
    /** In every such time without a new ban one earlier ban is forgotten. @default 86_400_000: a day */
    forgetAfterMs: time.default(dayMs),
    /**
     * Response statuses that count as so many offences.
     *
     * @default { 401: 1 }: somebody who tries out API keys
     */
    statuses: statusesRule.default({ 401: 1 }),
    /** The IPv6 network that is banned as one. @default 64 */
    ipv6PrefixBits: option.oneOf(48, 56, 64).default(64),
    /** How many banned addresses a process remembers at once. @default 100_000 */
    maxAddresses: option.integer({ min: 1, max: 2 ** 24 }).default(100_000),
  })
  .check(({ firstMs, maxMs = Infinity }, report) => {
    if (maxMs < firstMs) report.at('maxMs').add('ALFRED_CONFIG_CONFLICT', 'must not be below firstMs.')
  })

/** When an address is banned, and for how long. */
export interface BanOptions extends Options<typeof banShape> {}

const resolveBans = ({ maxMs, statuses, ...read }: Resolved<typeof banShape>) =>
  Object.freeze({
    ...read,
    maxMs: maxMs ?? Math.max(dayMs, read.firstMs),
    statuses: new Map(Object.entries(statuses).map(([status, weight]) => [Number(status), weight])),
  })

/** {@link BanOptions} with their defaults. */
export type ResolvedBanOptions = ReturnType<typeof resolveBans>

/** The rule for the `bans` option: `true` takes the defaults. */
export const banRule = option.custom<ResolvedBanOptions | false, BanOptions | boolean>((value, report) =>
  value === false ? value : banShape.map(resolveBans)(value === true ? {} : value, report),
)
