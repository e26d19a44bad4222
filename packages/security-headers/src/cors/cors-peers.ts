import type { PeerOptions } from '@alfred/core'

const preflights = { note: 'allowed preflights end with 204, unless preflightContinue is set' }

/** Where the options of other packages are in `cors`. */
export const corsPeers: PeerOptions = {
  cors: {
    origins: 'cors.origin',
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
