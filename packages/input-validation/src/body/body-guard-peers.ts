import type { PeerOptions } from '@alfred/core'

const json = { note: 'bodies are JSON of any value that your schema accepts' }

/** Where the options of body parsers are in `bodyGuard`. */
export const bodyGuardPeers: PeerOptions = {
  'body-parser': {
    limit: { ours: 'bodyGuard.maxBytes', note: 'in bytes' },
    type: 'bodyGuard.contentTypes',
    depth: 'bodyGuard.maxDepth',
    extended: { note: 'forms pass to the parser that follows' },
    parameterLimit: 'requestLimits.maxParameters',
    strict: json,
    reviver: json,
    verify: { note: 'exempt the path with skip and read the body yourself' },
    inflate: { ours: 'bodyGuard.contentEncodings', note: 'a list such as gzip and br' },
  },
  fastify: { bodyLimit: { ours: 'bodyGuard.maxBytes', note: 'in bytes' } },
}
