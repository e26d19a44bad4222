import type { PeerOptions } from '@alfred/core'

/** Where the paths that others name are in `health.paths`. */
export const healthPathPeers: PeerOptions = {
  lightship: { live: 'health.paths.liveness', ready: 'health.paths.readiness' },
  Kubernetes: {
    healthz: 'health.paths.health',
    livez: 'health.paths.liveness',
    readyz: 'health.paths.readiness',
    startupz: 'health.paths.startup',
  },
}
