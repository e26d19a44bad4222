import type { AlfredEventName, AlfredEvents } from '@alfred/core'

type Advice = { readonly [Name in AlfredEventName]?: (event: AlfredEvents[Name]) => string | undefined }

const byBody: Readonly<Record<number, string>> = {
  401: 'No secret of webhooks.endpoints signed it.',
  413: 'Raise bodyGuard.maxBytes, or exempt the path with bodyGuard.skip.',
  414: 'Raise requestLimits.maxUrlLength.',
  415: 'Name the content type in bodyGuard, or exempt the path with bodyGuard.skip.',
  422: 'The schema of guard.validate() does not accept it.',
  431: 'Raise the limit of headers in requestLimits.',
}

const ofTarget: Readonly<Record<AlfredEvents['request.refused']['reason'], string>> = {
  target: 'with 400: its target cannot be read as one path.',
  host: 'with 400: its Host header cannot be read.',
  'host-not-allowed': 'with 421: its Host is not in allowedHosts. Add the names of this server.',
}

/**
 * What each kind of refusal is, and what to change in the configuration where the request was a good one. The texts hold
 * names of the configuration and of ours, and nothing that a client sent.
 */
export const refusalAdvice: Advice = {
  'request.refused': ({ reason }) => ofTarget[reason],
  'cors.denied': () => 'of another origin: cors does not allow it. Add the origin to cors.origin.',
  'csrf.denied': ({ reportOnly = false }) =>
    reportOnly
      ? undefined
      : 'with 403: a browser sent it from another site. Add the site to cors.origin or csrf.trustedOrigins, or exempt the path with csrf.bypass.',
  'rate-limit.denied': ({ policy }) =>
    `with 429: policy "${policy}" is used up. Raise its limit in rateLimit.policies; behind a proxy set trustProxy.`,
  'rate-limit.address-refused': ({ reason }) =>
    reason === 'denied'
      ? 'with 403: its address is in rateLimit.deny.'
      : 'with 429: its address is banned for a while, as rateLimit.bans says.',
  'load.shed': ({ reason }) =>
    `with 503: too much to do (${reason}). Adjust loadShedding, or exempt the path with loadShedding.exempt.`,
  'server.connection-refused': () =>
    'before it was sent: too many connections. Raise server.maxConnections or server.maxConnectionsPerAddress.',
  'validation.rejected': ({ status, code }) =>
    `with ${String(status)} ${code}. ${byBody[status] ?? 'Its query or its body cannot be read as the options of requestLimits and bodyGuard say.'}`,
  'client-key.rejected': ({ reason }) =>
    `for its API key (${reason}). guard.clientKeys creates keys; clientKeys.optional names paths without one.`,
}
