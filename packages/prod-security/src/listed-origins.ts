import type { AllowedOrigin, TrustedOrigin } from '@alfred/security-headers'
import type { AlfredConfig } from './alfred-config.ts'

/** The origins that CORS names one by one: those CSRF protection trusts as well. */
export function listedOrigins(cors: AlfredConfig['cors']): readonly TrustedOrigin[] {
  if (!cors) return []
  const { origin } = cors
  const origins: readonly AllowedOrigin[] =
    typeof origin === 'object' && 'length' in origin ? origin : [origin]
  return origins.filter((entry): entry is TrustedOrigin => typeof entry !== 'function' && entry !== '*')
}
