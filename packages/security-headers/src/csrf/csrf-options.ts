import {
  exemptPathsRule,
  observed,
  option,
  type Options,
  readOptions,
  type Resolved,
  trustProxyRule,
} from '@alfred/core'
import { exactOriginRule, trustedOriginsRule } from '../origins/origin-matcher.ts'
import { csrfPeers } from './csrf-peers.ts'

const isolationRule = option
  .anyOf(
    'true, false or an object of options',
    option.boolean(),
    option.object({
      /** What other sites may use: paths, `/*` at the end of one for what is below it, or a function. @default [] */
      except: exemptPathsRule.default([]),
    }),
  )
  .map((isolation) => (isolation === true ? { except: [] } : isolation))

const csrfRule = option.object(
  {
    /**
     * Other origins whose pages may start actions here, in addition to those that {@link createCors} allows.
     *
     * @default []
     */
    trustedOrigins: trustedOriginsRule.default([]),
    /**
     * Requests that are never refused, such as webhooks that authenticate themselves: `/webhooks/*` takes all below `/webhooks`.
     *
     * @default []
     */
    bypass: exemptPathsRule.default([]),
    /**
     * `report` refuses nothing; events and log entries tell what would have been refused.
     *
     * @default 'enforce'
     */
    mode: option.oneOf('enforce', 'report').default('enforce'),
    /**
     * Refuses also what other sites read or embed, except by following a link. `except` names what they
     * may use.
     *
     * @default false
     */
    resourceIsolation: isolationRule.default(false),
    /**
     * This server's own origins as browsers know them, where neither `Host` nor a trusted `X-Forwarded-Host` names
     * them: a proxy that replaces `Host` or leaves its port out.
     *
     * @default []
     */
    publicOrigins: option.list(exactOriginRule).default([]),
    /**
     * The proxies whose `X-Forwarded-Host` is believed.
     *
     * @default false
     */
    trustProxy: trustProxyRule.default(false),
    /** Receives `csrf.denied`. */
    events: observed.events,
    /** @default discards everything */
    logger: observed.logger,
  },
  { peers: csrfPeers },
)

/** Options of {@link createCsrf}. */
export interface CsrfOptions extends Options<typeof csrfRule> {}

/** Checks the options and adds the defaults. */
export const resolveCsrfOptions = (options: CsrfOptions = {}): Resolved<typeof csrfRule> =>
  readOptions('csrf', options, csrfRule)
