import { alertingPeers } from '@alfred/alerting'
import type { PeerOptions } from '@alfred/core'
import { healthPeers } from '@alfred/health'
import { bodyGuardPeers, requestLimitsPeers } from '@alfred/input-validation'
import { metricsPeers } from '@alfred/metrics'
import { rateLimitPeers } from '@alfred/rate-limit'
import { corsPeers, csrfPeers, headersPeers } from '@alfred/security-headers'
import { tracingPeers } from '@alfred/tracing'

/** Names under which a layer's option is the same as the peer's. */
const under = (layer: string, ...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, `${layer}.${name}`]))

/** What other packages take at the top, and where it is in the configuration of the stack. */
const ownPeers: PeerOptions = {
  helmet: {
    ...headersPeers['helmet'],
    helmet: 'headers',
    securityHeaders: 'headers',
    ...under(
      'headers',
      'contentSecurityPolicy',
      'crossOriginEmbedderPolicy',
      'crossOriginOpenerPolicy',
      'crossOriginResourcePolicy',
      'originAgentCluster',
      'permissionsPolicy',
      'referrerPolicy',
      'strictTransportSecurity',
      'xContentTypeOptions',
      'xDnsPrefetchControl',
      'xDownloadOptions',
      'xFrameOptions',
      'xPermittedCrossDomainPolicies',
      'xPoweredBy',
      'xXssProtection',
      'dnsPrefetchControl',
      'frameguard',
      'hidePoweredBy',
      'hsts',
      'ieNoOpen',
      'noSniff',
      'permittedCrossDomainPolicies',
      'xssFilter',
    ),
  },
  cors: {
    ...corsPeers['cors'],
    ...under('cors', 'origin', 'credentials', 'methods', 'allowedHeaders', 'exposedHeaders', 'maxAge'),
  },
  Express: { 'trust proxy': 'trustProxy', trust_proxy: 'trustProxy', limits: 'requestLimits' },
  Koa: { proxy: 'trustProxy' },
  Fastify: { trustedProxies: 'trustProxy' },
  'express-rate-limit': {
    ...rateLimitPeers['express-rate-limit'],
    rateLimiter: 'rateLimit',
    limiter: 'rateLimit',
    ...under('rateLimit', 'redis', 'store', 'policies', 'allow', 'deny'),
  },
  'body-parser': { ...bodyGuardPeers['body-parser'], json: 'bodyGuard', body: 'bodyGuard' },
  'prom-client': { ...metricsPeers['prom-client'], prometheus: 'metrics' },
  Sentry: { ...alertingPeers['Sentry'], sentry: 'alerting.errorTracker' },
}

/** Every name: those of a layer are looked for at the top too. */
export const stackPeers: PeerOptions = {
  ...rateLimitPeers,
  ...headersPeers,
  ...corsPeers,
  ...csrfPeers,
  ...bodyGuardPeers,
  ...requestLimitsPeers,
  ...metricsPeers,
  ...healthPeers,
  ...alertingPeers,
  ...tracingPeers,
  ...ownPeers,
}
