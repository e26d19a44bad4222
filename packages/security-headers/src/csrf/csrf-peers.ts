import type { PeerOptions } from '@alfred/core'

const noToken = { note: 'there is no token: Sec-Fetch-Site and Origin decide' }

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
