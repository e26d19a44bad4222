import type { PeerOptions } from '@alfred/core'

const preflights = { note: 'every preflight ends with 204' }
const noToken = { note: 'there is no token: Sec-Fetch-Site and Origin decide' }
const gone = { note: 'browsers no longer read this header' }

/** Where the options of other packages are in `headers`. helmet's other names are options of ours. */
export const headersPeers: PeerOptions = {
  helmet: {
    csp: 'headers.contentSecurityPolicy',
    featurePolicy: 'headers.permissionsPolicy',
    noCache: { ours: 'headers.cacheControl', note: 'as { noStore } with paths' },
    expectCt: gone,
    hpkp: gone,
  },
}

/** Where the options of other packages are in `cors`. */
export const corsPeers: PeerOptions = {
  cors: {
    origins: 'cors.origin',
    optionsSuccessStatus: preflights,
    preflightContinue: preflights,
  },
  'hono/cors': {
    allowMethods: 'cors.methods',
    allowHeaders: 'cors.allowedHeaders',
    exposeHeaders: 'cors.exposedHeaders',
  },
  '@fastify/cors': { strictPreflight: preflights, hideOptionsRoute: preflights },
  'Spring and Rack': {
    allowedOrigins: 'cors.origin',
    allowedOriginPatterns: 'cors.origin',
    allowedMethods: 'cors.methods',
    allowCredentials: 'cors.credentials',
    supportsCredentials: 'cors.credentials',
  },
}

/** Where the options of other packages are in `csrf`. */
export const csrfPeers: PeerOptions = {
  csurf: {
    cookie: noToken,
    sessionKey: noToken,
    value: noToken,
    ignoreMethods: { note: 'GET, HEAD and OPTIONS are never refused' },
  },
  'csrf-csrf': {
    getSecret: noToken,
    getSessionIdentifier: noToken,
    cookieName: noToken,
    cookieOptions: noToken,
    size: noToken,
    getCsrfTokenFromRequest: noToken,
    ignoredMethods: { note: 'GET, HEAD and OPTIONS are never refused' },
    skipCsrfProtection: 'csrf.bypass',
  },
  'hono/csrf': { origin: 'csrf.trustedOrigins', secFetchSite: noToken },
}
