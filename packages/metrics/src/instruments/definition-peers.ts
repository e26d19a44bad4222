import type { PeerOptions } from '@alfred/core'

/** What other packages call the parts of a metric's definition. */
export const definitionPeers: PeerOptions = {
  'prom-client': {
    labelNames: { ours: 'labels', note: 'as { name: values } or { name: { max } }' },
    registers: { note: 'the registry is an option of createMetrics()' },
    collect: { note: 'a gauge is set when its value changes' },
  },
}
