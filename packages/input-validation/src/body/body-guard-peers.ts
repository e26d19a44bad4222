import type { PeerOptions } from '@alfred/core'

const json = { note: 'bodies are JSON of any value that your schema accepts' }

/** Where the options of body parsers are in `bodyGuard`. */
export const bodyGuardPeers: PeerOptions = {
  'body-parser': {
    limit: { ours: 'bodyGuard.maxBytes', note: 'in bytes' },
    type: 'bodyGuard.contentTypes',
    depth: 'bodyGuard.maxDepth',
    extended: { note: 'forms are not read as bodies' },
    parameterLimit: 'requestLimits.maxParameters',
    strict: json,
    reviver: json,
    verify: { note: 'exempt the path with skip and read the body yourself' },
    inflate: { note: 'compressed bodies are not read' },
  },
  fastify: { bodyLimit: { ours: 'bodyGuard.maxBytes', note: 'in bytes' } },
}
