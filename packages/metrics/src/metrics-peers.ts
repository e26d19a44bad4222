import type { PeerOptions } from '@alfred/core'

const fixed = { note: 'labels of requests are those of OpenTelemetry' }

/** Where the options of other packages are in `metrics`. */
export const metricsPeers: PeerOptions = {
  'prom-client': {
    labelNames: {
      note: 'labels are given with each metric, as labels in counter(…), gauge(…) and histogram(…)',
    },
    collectDefaultMetrics: 'metrics.runtime',
    register: 'metrics.registry',
    registers: 'metrics.registry',
    buckets: 'metrics.http.buckets',
    prefix: { note: 'names are those of OpenTelemetry and Prometheus' },
  },
  'express-prom-bundle': {
    metricsPath: 'metrics.path',
    bypass: 'metrics.http.ignore',
    promRegistry: 'metrics.registry',
    promClient: 'metrics.registry',
    normalizePath: 'metrics.http.mounts',
    includeMethod: fixed,
    includePath: fixed,
    includeStatusCode: fixed,
    customLabels: fixed,
    autoregister: { note: 'the endpoint is part of the stack' },
  },
  'express-prometheus-middleware': {
    collectDefaultMetrics: 'metrics.runtime',
    requestDurationBuckets: 'metrics.http.buckets',
    authenticate: 'metrics.access',
  },
}
