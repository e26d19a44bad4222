import type { IncomingMessage } from 'node:http'
import {
  type Middleware,
  observed,
  option,
  type Options,
  type Problem,
  problemType,
  readOptions,
  requestHost,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import { allowedHostRule, createHostTest } from './host-test.ts'

/** Middleware that refuses requests to hosts that are not this server's. */
export interface AllowedHosts extends Middleware {
  /** Whether a request names an allowed host, for an `upgrade` event, which no middleware sees. */
  readonly allows: (request: IncomingMessage) => boolean
}

const optionsRule = option.object({
  /**
   * The hosts that requests may name: `app.example.com`, `*.example.com` for every name below, addresses. An entry
   * without a port takes every port. `localhost`, `127.0.0.1` and `[::1]` are always allowed.
   */
  hosts: option.list(allowedHostRule),
  /** Receives `request.refused`. */
  events: observed.events,
  /** @default discards everything */
  logger: observed.logger,
})

/** Options of {@link createAllowedHosts}. */
export interface AllowedHostsOptions extends Options<typeof optionsRule> {}

/** RFC 9110 section 15.5.20: the request is for a host that this server does not answer for. */
const notAllowed: Problem = Object.freeze({
  type: problemType('host-not-allowed'),
  status: 421,
  title: 'This server does not answer for this host',
  detail: 'The Host header names a host that is not on the list of allowed hosts.',
})

/**
 * Builds the middleware that refuses requests whose `Host` is not on a list, with 421. It ends DNS rebinding, where a page
 * of another site reaches this server under its own name and counts as same-origin, and links that are made of a forged
 * `Host`.
 *
 * What counts is `Host` as it was received, or `:authority`. `X-Forwarded-Host` is not read: behind a proxy that replaces
 * `Host`, list the name that the proxy sends. A request without a `Host`, which HTTP/1.0 allows, names no host and passes.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every entry that is wrong
 *
 * @example
 * ```ts
 * import { createAllowedHosts } from '@alfred/security-headers'
 *
 * export const allowedHosts = createAllowedHosts({ hosts: ['app.example.com', '*.preview.example.com'] })
 * ```
 */
export function createAllowedHosts(options: AllowedHostsOptions): AllowedHosts {
  const { hosts, events, logger } = readOptions('allowedHosts', options, optionsRule)
  const isAllowed = createHostTest(hosts)

  const allows = (request: IncomingMessage): boolean => {
    const host = requestHost(request)
    return host === undefined || isAllowed(host)
  }
  const middleware = withCheckedTarget((request, response, next) => {
    if (allows(request)) {
      next()
      return
    }
    events?.emit('request.refused', { reason: 'host-not-allowed' })
    logger.info({}, 'a request to a host that is not allowed was refused')
    sendProblem(request, response, notAllowed)
  })
  return Object.assign(middleware, { allows })
}
