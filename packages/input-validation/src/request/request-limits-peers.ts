import type { PeerOptions } from '@alfred/core'

/** Where the options of query parsers are in `requestLimits`. */
export const requestLimitsPeers: PeerOptions = {
  hpp: {
    whitelist: { ours: 'requestLimits.repeatedByName', note: "with the value 'list'" },
    checkQuery: { note: 'queries are always checked' },
    checkBody: { note: 'bodies are JSON, where your schema decides' },
  },
  qs: {
    parameterLimit: 'requestLimits.maxParameters',
    depth: 'requestLimits.maxParameterDepth',
    arrayLimit: 'requestLimits.maxParameters',
    duplicates: 'requestLimits.repeatedParameters',
  },
}
