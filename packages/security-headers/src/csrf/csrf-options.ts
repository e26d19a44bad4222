import {
  type EventBus,
  eventBusRule,
  exemptPathsRule,
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type PathMatch,
  readOptions,
} from '@alfred/core'
import { type TrustedOrigin, trustedOriginsRule } from '../origins/origin-matcher.ts'
import { csrfPeers } from './csrf-peers.ts'

/** Options of {@link createCsrf}. */
export interface CsrfOptions {
  /**
   * Other origins whose pages may start actions here, in addition to those that {@link createCors} allows. Also the public
   * origin, where a proxy rewrites `Host`.
   *
   * @default []
   */
  readonly trustedOrigins?: readonly TrustedOrigin[] | undefined
  /**
   * Requests that are never refused, such as webhooks that authenticate themselves: `/webhooks/*` takes all below `/webhooks`.
   *
   * @default []
   */
  readonly bypass?: PathMatch | undefined
  /**
   * `report` refuses nothing; events and log entries tell what would have been refused.
   *
   * @default 'enforce'
   */
  readonly mode?: 'enforce' | 'report' | undefined
  /**
   * Refuses also what other sites read or embed, except by following a link. `except` names what they
   * may use.
   *
   * @default false
   */
  readonly resourceIsolation?: boolean | { readonly except?: PathMatch | undefined } | undefined
  /** Receives `csrf.denied`. */
  readonly events?: EventBus | undefined
  /** @default noopLogger */
  readonly logger?: Logger | undefined
}

/** Checked options. */
export interface ResolvedCsrfOptions {
  readonly trustedOrigins: readonly TrustedOrigin[]
  readonly bypass: PathMatch
  readonly mode: 'enforce' | 'report'
  readonly resourceIsolation: { readonly except: PathMatch } | false
  readonly events: EventBus | undefined
  readonly logger: Logger
}

interface ReadCsrfOptions {
  trustedOrigins?: readonly TrustedOrigin[]
  bypass?: PathMatch
  mode?: 'enforce' | 'report'
  resourceIsolation?: boolean | { except?: PathMatch }
  events?: EventBus
  logger?: Logger
}

const csrfRule: OptionRule<ResolvedCsrfOptions> = (value, report) => {
  const read = option.objectOf<ReadCsrfOptions>(
    {
      trustedOrigins: trustedOriginsRule,
      bypass: exemptPathsRule,
      mode: option.oneOf('enforce', 'report'),
      resourceIsolation: option.anyOf(
        'true, false or an object of options',
        option.boolean(),
        option.objectOf<{ except?: PathMatch }>({ except: exemptPathsRule }),
      ),
      events: eventBusRule,
      logger: loggerRule,
    },
    { peers: csrfPeers },
  )(value, report)
  if (!read) return undefined
  const isolation = read.resourceIsolation ?? false
  return Object.freeze({
    trustedOrigins: read.trustedOrigins ?? [],
    bypass: read.bypass ?? [],
    mode: read.mode ?? 'enforce',
    resourceIsolation: isolation && { except: (isolation !== true && isolation.except) || [] },
    events: read.events,
    logger: read.logger ?? noopLogger,
  })
}

/** Checks the options and adds the defaults. */
export function resolveCsrfOptions(options: CsrfOptions = {}): ResolvedCsrfOptions {
  return readOptions('csrf', options, csrfRule)
}
