import { closestName, isPlainObject, option, type OptionRule } from '@alfred/core'
import { type CamelCase, spellings } from '../csp/camel-case.ts'
import { exactOriginRule } from '../origins/origin-matcher.ts'

/**
 * W3C Permissions Policy, `features.md`; the features and client hints that browsers have shipped since; and retired ones
 * that guides still recommend to switch off.
 */
const features = [
  'accelerometer',
  'all-screens-capture',
  'ambient-light-sensor',
  'aria-notify',
  'attribution-reporting',
  'autofill',
  'autoplay',
  'battery',
  'bluetooth',
  'browsing-topics',
  'camera',
  'captured-surface-control',
  'ch-device-memory',
  'ch-downlink',
  'ch-dpr',
  'ch-ect',
  'ch-prefers-color-scheme',
  'ch-prefers-reduced-motion',
  'ch-prefers-reduced-transparency',
  'ch-rtt',
  'ch-save-data',
  'ch-ua',
  'ch-ua-arch',
  'ch-ua-bitness',
  'ch-ua-form-factors',
  'ch-ua-full-version',
  'ch-ua-full-version-list',
  'ch-ua-high-entropy-values',
  'ch-ua-mobile',
  'ch-ua-model',
  'ch-ua-platform',
  'ch-ua-platform-version',
  'ch-ua-wow64',
  'ch-viewport-height',
  'ch-viewport-width',
  'ch-width',
  'clipboard-read',
  'clipboard-write',
  'compute-pressure',
  'controlled-frame',
  'conversion-measurement',
  'cross-origin-isolated',
  'deferred-fetch',
  'deferred-fetch-minimal',
  'digital-credentials-create',
  'digital-credentials-get',
  'direct-sockets',
  'direct-sockets-private',
  'display-capture',
  'document-domain',
  'encrypted-media',
  'execution-while-not-rendered',
  'execution-while-out-of-viewport',
  'fenced-unpartitioned-storage-read',
  'focus-without-user-activation',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'interest-cohort',
  'join-ad-interest-group',
  'keyboard-map',
  'language-detector',
  'language-model',
  'local-fonts',
  'local-network',
  'local-network-access',
  'loopback-network',
  'magnetometer',
  'manual-text',
  'media-playback-while-not-visible',
  'mediasession',
  'microphone',
  'midi',
  'monetization',
  'navigation-override',
  'on-device-speech-recognition',
  'otp-credentials',
  'payment',
  'picture-in-picture',
  'popins',
  'private-aggregation',
  'private-state-token-issuance',
  'private-state-token-redemption',
  'proofreader',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'record-ad-auction-events',
  'rewriter',
  'run-ad-auction',
  'screen-wake-lock',
  'serial',
  'shared-storage',
  'shared-storage-select-url',
  'smart-card',
  'speaker-selection',
  'storage-access',
  'sub-apps',
  'summarizer',
  'sync-script',
  'sync-xhr',
  'translator',
  'trust-token-redemption',
  'unload',
  'usb',
  'usb-unrestricted',
  'vertical-scroll',
  'web-app-installation',
  'web-share',
  'window-management',
  'window-placement',
  'writer',
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
} & {
  /** Features that this package does not know yet, in kebab-case. @default [] */
  readonly allowUnknown?: readonly string[] | undefined
}

/** Checked options: each feature's allow list as the header writes it. */
export type PermissionsPolicy = ReadonlyMap<string, string>

const featureSpellings = spellings(features)
/** RFC 9651: the key of a dictionary, as far as features use it. */
const unknownFeaturesRule = option.list(
  option.string({ pattern: /^[a-z][a-z0-9-]*$/, hint: 'a feature in kebab-case' }),
)

const fixedLists = { none: '()', self: '(self)', '*': '*' }

/** The rule for a Permissions-Policy. */
export const permissionsPolicyRule = option.custom<PermissionsPolicy, PermissionsPolicyOptions>(
  (value, report) => {
    if (!isPlainObject(value)) return option.record(allowlistRule)(value, report) && undefined
    const { allowUnknown = [], ...named } = value
    const unknown = new Set(unknownFeaturesRule(allowUnknown, report.at('allowUnknown')))
    const listed = option.record(allowlistRule)(named, report)
    if (!listed) return undefined
    const policy = new Map<string, string>()
    for (const [key, allowlist] of Object.entries(listed)) {
      const feature = featureSpellings.get(key) ?? (unknown.has(key) ? key : undefined)
      if (feature === undefined) {
        const suggestion = closestName(key, featureSpellings.keys())
        report
          .at(key)
          .add(
            'ALFRED_CONFIG_UNKNOWN_KEY',
            'is not a feature; name it in allowUnknown if it is new.',
            suggestion,
          )
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
