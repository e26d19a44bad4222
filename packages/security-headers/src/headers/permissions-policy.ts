import { closestName, option, type OptionRule } from '@alfred/core'
import { type CamelCase, spellings } from '../csp/camel-case.ts'
import { exactOriginRule } from '../origins/origin-matcher.ts'

/** W3C Permissions Policy, `features.md`, and the features browsers have shipped since. */
const features = [
  'accelerometer',
  'ambient-light-sensor',
  'attribution-reporting',
  'autoplay',
  'battery',
  'bluetooth',
  'browsing-topics',
  'camera',
  'captured-surface-control',
  'clipboard-read',
  'clipboard-write',
  'compute-pressure',
  'cross-origin-isolated',
  'deferred-fetch',
  'deferred-fetch-minimal',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'keyboard-map',
  'language-detector',
  'local-fonts',
  'local-network-access',
  'magnetometer',
  'microphone',
  'midi',
  'on-device-speech-recognition',
  'otp-credentials',
  'payment',
  'picture-in-picture',
  'private-state-token-issuance',
  'private-state-token-redemption',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'speaker-selection',
  'storage-access',
  'summarizer',
  'sync-xhr',
  'translator',
  'unload',
  'usb',
  'web-share',
  'window-management',
  'xr-spatial-tracking',
] as const

/** A feature, as the header spells it. */
export type PermissionsPolicyFeature = (typeof features)[number]

/** Who may use a feature: nobody, the page's own origin, everybody, or a list of origins with or without `self`. */
export type PermissionsPolicyAllowlist = 'none' | 'self' | '*' | readonly string[]

/** Options of `permissionsPolicy`: features in kebab-case or camelCase. */
export type PermissionsPolicyOptions = {
  readonly [Feature in PermissionsPolicyFeature | CamelCase<PermissionsPolicyFeature>]?:
    PermissionsPolicyAllowlist | undefined
}

/** Checked options: each feature's allow list as the header writes it. */
export type PermissionsPolicy = ReadonlyMap<PermissionsPolicyFeature, string>

const featureSpellings = spellings(features)
const fixedLists = { none: '()', self: '(self)', '*': '*' }

/** The rule for a Permissions-Policy. */
export const permissionsPolicyRule = option.custom<PermissionsPolicy, PermissionsPolicyOptions>(
  (value, report) => {
    const listed = option.record(allowlistRule)(value, report)
    if (!listed) return undefined
    const policy = new Map<PermissionsPolicyFeature, string>()
    for (const [key, allowlist] of Object.entries(listed)) {
      const feature = featureSpellings.get(key)
      if (feature === undefined) {
        const suggestion = closestName(key, featureSpellings.keys())
        report.at(key).add('ALFRED_CONFIG_UNKNOWN_KEY', 'is not a feature.', suggestion)
      } else if (policy.has(feature)) {
        report.at(key).add('ALFRED_CONFIG_CONFLICT', `sets ${feature} a second time.`)
      } else {
        policy.set(feature, allowlist)
      }
    }
    return policy
  },
)

const allowlistRule: OptionRule<string> = (value, report) => {
  if (value === "'self'" || value === "'none'") {
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', 'takes no quotes here.', value.slice(1, -1))
    return undefined
  }
  if (!Array.isArray(value)) {
    const named = option.oneOf('none', 'self', '*')(value, report)
    return named === undefined ? undefined : fixedLists[named]
  }
  const members = option.list<string>((entry, at) => {
    if (entry === 'self') return 'self'
    if (entry === "'self'") {
      at.add('ALFRED_CONFIG_OUT_OF_RANGE', 'takes no quotes here.', 'self')
      return undefined
    }
    const origin = exactOriginRule(entry, at)
    return origin === undefined ? undefined : `"${origin}"`
  })(value, report)
  return members === undefined ? undefined : `(${members.join(' ')})`
}

/** The header's value, a structured-field dictionary (RFC 9651). */
export function formatPermissionsPolicy(policy: PermissionsPolicy): string {
  return Array.from(policy, ([feature, allowlist]) => `${feature}=${allowlist}`).join(', ')
}
