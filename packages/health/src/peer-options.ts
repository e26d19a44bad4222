import type { PeerOptions } from '@alfred/core'

const drain = { note: 'shutting down belongs to drainOnSignals()' }

/** Where the options of other packages are in `health`. */
export const healthPeers: PeerOptions = {
  '@godaddy/terminus': {
    healthChecks: 'health.checks',
    signal: drain,
    signals: drain,
    timeout: drain,
    onSignal: drain,
    onShutdown: drain,
    beforeShutdown: drain,
    onSendFailureDuringShutdown: drain,
    caseInsensitive: { note: 'paths are compared without regard to case' },
  },
  lightship: {
    detectKubernetes: drain,
    gracefulShutdownTimeout: drain,
    shutdownDelay: drain,
    shutdownHandlerTimeout: drain,
    terminate: drain,
    port: { note: 'a port of its own is opened by createManagementServer()' },
  },
  'spring-boot-actuator': {
    showDetails: 'health.details',
    livenessPath: 'health.paths.liveness',
    readinessPath: 'health.paths.readiness',
  },
}
