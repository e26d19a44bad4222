import type { Middleware } from '@alfred/core'
import {
  createCors,
  createCspReports,
  createCsrf,
  createSecurityHeaders,
  securityHeadersPresets,
} from '@alfred/security-headers'
import type { HelmetOptions } from 'helmet'

// Everything helmet takes is taken here.
export const fromHelmet = (options: HelmetOptions): Middleware => createSecurityHeaders(options)

export const layers: Middleware[] = [
  createSecurityHeaders(securityHeadersPresets.spa),
  createCors({ origin: 'https://app.example.com' }),
  createCspReports(),
  createCsrf(),
]

// @ts-expect-error -- the option is frameguard
createSecurityHeaders({ frameGuard: true })
// @ts-expect-error -- the directive is scriptSrc
createSecurityHeaders({ contentSecurityPolicy: { directives: { scriptSr: ["'self'"] } } })
// @ts-expect-error -- the feature is camera
createSecurityHeaders({ permissionsPolicy: { camara: 'none' } })
// @ts-expect-error -- api, spa or strict
createSecurityHeaders({ preset: 'web' })
// @ts-expect-error -- origin is required
createCors({})
// @ts-expect-error -- the option is origin
createCors({ origins: ['https://app.example.com'] })
// @ts-expect-error -- functions decide about CORS, not about CSRF
createCsrf({ trustedOrigins: [() => true] })
// @ts-expect-error -- enforce or report
createCsrf({ mode: 'off' })
