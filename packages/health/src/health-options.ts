import {
  endpointCollisions,
  endpointPathRule,
  type MemberRule,
  observed,
  option,
  type Options,
  readOptions,
  type Resolved,
} from '@alfred/core'
import { checkRule } from './checks/check-options.ts'
import { healthPeers } from './peer-options.ts'
import { healthEndpoints, healthPathsRule } from './probes/health-endpoints.ts'
import type { HealthDetails } from './probes/health-middleware.ts'
import { identityRules, type ServiceIdentity } from './registry/service-identity.ts'

const detailsRule = option.anyOf(
  "'never', 'always' or a function",
  option.oneOf('never', 'always'),
  option.syncFunction<Exclude<HealthDetails, string>>(),
)

const statusPageShape = option.object({
  /** Where the page is; its event stream is at `<path>/events`. */
  path: endpointPathRule,
  /**
   * Who may see it; for others it does not exist.
   * @default as `details`
   */
  access: detailsRule.optional(),
  /**
   * How far its history reaches back, in 60 parts; kept in memory, about 100 bytes a check.
   * @default 3600000
   */
  historyMs: option.number({ min: 60_000, max: 31 * 86_400_000 }).default(3_600_000),
})

/** A page for people that shows the checks, their history and changes, live. */
export interface StatusPageOptions extends Options<typeof statusPageShape> {}

interface ResolvedStatusPage extends Resolved<typeof statusPageShape> {}

const statusPageRule: MemberRule<ResolvedStatusPage, StatusPageOptions, 'required'> = statusPageShape

/** Two checks of one name would be one in reports and metrics. */
const checksRule = option.list(checkRule).check((checks, report) => {
  const names = new Set<string>()
  for (const [index, { name }] of checks.entries()) {
    if (names.has(name)) {
      report.at(index).at('name').add('ALFRED_CONFIG_CONFLICT', 'must differ from the names before it.')
    }
    names.add(name)
  }
})

const healthRule = option
  .object(
    {
      ...identityRules,
      /** Checks to register at once. @default none */
      checks: checksRule.default([]),
      /** Where the probes answer. */
      paths: healthPathsRule,
      /**
       * Who sees the checks and the service's identity. An address proves nothing behind a proxy on the same
       * machine, so there is no "local callers" here: decide by a credential or by the local port.
       * @default 'never'
       */
      details: detailsRule.default('never'),
      /**
       * A status page.
       * @default false
       */
      statusPage: option.anyOf('false or an object', option.oneOf(false), statusPageRule).default(false),
      /**
       * The share of every interval by which it is shortened or lengthened at random, so that instances do
       * not ask a dependency in step. From 0 to 0.9.
       * @default 0.1
       */
      jitter: option.number({ min: 0, max: 0.9 }).default(0.1),
      /** @default discards everything */
      logger: observed.logger,
      /** @default the machine's own */
      clock: observed.clock,
      /** Receives `health.changed`. */
      events: observed.events,
    },
    { peers: healthPeers },
  )
  .check((read, report) => {
    report.addAll(endpointCollisions(healthEndpoints(read)))
  })

/** The options of `createHealth`. */
export interface HealthOptions extends ServiceIdentity, Options<typeof healthRule> {}

export const resolveHealthOptions = (options: HealthOptions) => {
  const { statusPage, version, releaseId, serviceId, description, ...read } = readOptions(
    'health',
    options,
    healthRule,
  )
  return Object.freeze({
    ...read,
    /** Where the probes and the status page answer, by the options that say so. */
    endpoints: healthEndpoints({ ...read, statusPage }),
    statusPage:
      statusPage === false ? undefined : { ...statusPage, access: statusPage.access ?? read.details },
    identity: { version, releaseId, serviceId, description },
  })
}
