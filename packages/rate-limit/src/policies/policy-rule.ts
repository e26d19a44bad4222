import { option, type OptionRule, type PathMatch, type ProblemReport, protectedPathsRule } from '@alfred/core'
import { algorithmNames, algorithms } from '../algorithms/algorithms.ts'
import { rateLimitPeers } from './peer-options.ts'
import type { RateLimitPlan } from './rate-limit-plan.ts'
import type { CountWhen, RateLimitKey, RateLimitPolicy, ResolvedPolicy } from './policy.ts'
import type { TakeAhead } from './take-ahead.ts'

const matchRule: OptionRule<PathMatch | false> = (value, report) =>
  value === false ? value : protectedPathsRule(value, report)

const keyRule: OptionRule<RateLimitKey> = option.anyOf(
  "'address', 'network', 'user' or a function of the request",
  option.oneOf('address', 'network', 'user'),
  option.syncFunction<Extract<RateLimitKey, (...args: never[]) => unknown>>(),
)

/** What any algorithm can count; each has a bound of its own. */
const maxCount = Math.max(...Object.values(algorithms).map(({ maxUnits }) => maxUnits))
const tenYearsMs = 10 * 365 * 86_400_000

const countWhenRule: OptionRule<CountWhen> = option.anyOf(
  "'failure', 'success' or a function of the response",
  option.oneOf('failure', 'success'),
  option.syncFunction<Extract<CountWhen, (...args: never[]) => unknown>>(),
)

const takeAheadRule: OptionRule<TakeAhead> = option.objectOf<TakeAhead>(
  { units: option.integer({ min: 2, max: 1_000_000 }), maxMs: option.integer({ min: 1, max: 60_000 }) },
  { required: ['units', 'maxMs'] },
)

const shape = option.objectOf<RateLimitPolicy>(
  {
    name: option.string({ pattern: /^[\x20-\x7e]{1,64}$/, hint: 'at most 64 printable ASCII characters' }),
    limit: option.integer({ min: 1, max: maxCount }),
    windowMs: option.integer({ min: 1, max: tenYearsMs }),
    algorithm: option.oneOf(...algorithmNames),
    plan: option.function<RateLimitPlan>(),
    takeAhead: takeAheadRule,
    burst: option.integer({ min: 1, max: maxCount }),
    cost: option.integer({ min: 1, max: maxCount }),
    key: keyRule,
    ipv6PrefixBits: option.integer({ min: 32, max: 64 }),
    match: matchRule,
    countWhen: countWhenRule,
    mode: option.oneOf('enforce', 'shadow'),
    onStoreError: option.oneOf('allow', 'deny', 'local'),
    quotaUnit: option.oneOf('requests', 'content-bytes', 'concurrent-requests'),
    partitionKey: option.boolean(),
  },
  { required: ['name', 'limit', 'windowMs', 'key'], peers: rateLimitPeers },
)

/** What {@link checkTakeAhead} looks at. */
type QuotaAhead = Pick<ResolvedPolicy, 'limit' | 'windowMs' | 'burst' | 'cost' | 'algorithm' | 'plan'> & {
  readonly takeAhead: TakeAhead
}

function checkTakeAhead(
  { limit, windowMs, burst, cost, algorithm, plan, takeAhead }: QuotaAhead,
  report: ProblemReport,
): void {
  if (algorithm !== 'gcra') report.add('ALFRED_CONFIG_CONFLICT', 'works with the algorithm gcra only.')
  if (plan) report.add('ALFRED_CONFIG_CONFLICT', 'cannot be combined with plan.')
  if (takeAhead.units < cost) report.at('units').add('ALFRED_CONFIG_CONFLICT', 'must not be below cost.')
  if (takeAhead.units > burst - Math.ceil((limit * takeAhead.maxMs) / windowMs)) {
    report
      .at('units')
      .add('ALFRED_CONFIG_OUT_OF_RANGE', 'must not be above burst minus the units that refill within maxMs.')
  }
}

/** The rule for one policy. */
export const policyRule: OptionRule<ResolvedPolicy> = (value, report) => {
  const read = shape(value, report)
  if (!read) return undefined
  const {
    limit,
    windowMs,
    algorithm = 'gcra',
    burst = limit,
    cost = 1,
    match = '/',
    plan,
    takeAhead,
    countWhen,
    mode = 'enforce',
    onStoreError = 'local',
    quotaUnit = algorithm === 'concurrency' ? 'concurrent-requests' : 'requests',
    partitionKey = false,
    ipv6PrefixBits = read.key === 'network' ? 48 : 56,
    ...rest
  } = read
  if (cost > burst) {
    report.at('cost').add('ALFRED_CONFIG_CONFLICT', 'must not be above burst: no request would ever pass.')
  }
  const bursts = algorithms[algorithm].bursts === true
  if (burst !== limit && !bursts) {
    report.at('burst').add('ALFRED_CONFIG_CONFLICT', `must not be given with ${algorithm}.`)
  }
  if (algorithm === 'concurrency') {
    if (countWhen) report.at('countWhen').add('ALFRED_CONFIG_CONFLICT', 'must not be given with concurrency.')
    if (cost !== 1) report.at('cost').add('ALFRED_CONFIG_CONFLICT', 'must be 1: a request holds one lease.')
  }
  const { maxUnits } = algorithms[algorithm]
  for (const [name, units] of Object.entries({ limit, burst: read.burst ?? 0 })) {
    if (units > maxUnits) {
      const message = `must be at most ${String(maxUnits)} with ${algorithm}.`
      report.at(name).add('ALFRED_CONFIG_OUT_OF_RANGE', message)
    }
  }
  // What was refused is absent, whatever its type says.
  const isWhole = [limit, windowMs, burst].every((each) => Number.isInteger(each) && each > 0)
  const isCountable = isWhole && Math.max(limit, burst) <= maxUnits
  const compiled = isCountable ? algorithms[algorithm].compile({ limit, windowMs, burst }) : undefined
  if (isCountable && !compiled) {
    report
      .at('burst')
      .add('ALFRED_CONFIG_OUT_OF_RANGE', 'refills too slowly: a full burst would take more than 100 years.')
  }
  if (takeAhead)
    checkTakeAhead({ limit, windowMs, burst, cost, algorithm, plan, takeAhead }, report.at('takeAhead'))
  return Object.freeze({
    ...rest,
    limit,
    windowMs,
    algorithm,
    burst,
    bursts,
    plan,
    planned: plan !== undefined,
    takeAhead,
    cost,
    ipv6PrefixBits,
    lifeMs: compiled?.lifeMs ?? 0,
    match,
    countWhen,
    onStoreError,
    quotaUnit,
    partitionKey,
    enforced: mode === 'enforce',
  })
}
