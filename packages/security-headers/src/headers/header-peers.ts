import type { PeerOptions } from '@alfred/core'

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
