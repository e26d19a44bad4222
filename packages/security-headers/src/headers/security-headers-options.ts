import {
  type Logger,
  loggerRule,
  noopLogger,
  option,
  type OptionRule,
  type PathMatch,
  type ProblemReport,
  protectedPathsRule,
  readOptions,
  type TrustProxy,
  trustProxyRule,
} from '@alfred/core'
import {
  type AliasedSettings,
  canonicalSettings,
  headerRules,
  type HeaderSettings,
} from './header-settings.ts'
import { applySettings, checkHeaders, defaultHeaders, type ResolvedHeaders } from './resolved-headers.ts'
import { type SecurityHeadersPreset, securityHeadersPresets } from './security-headers-presets.ts'
import { headersPeers } from './header-peers.ts'

/** Other headers for some paths. What an override does not name stays as it is elsewhere. */
export interface HeaderOverride extends HeaderSettings {
  /** Which requests; the first override that matches decides. */
  readonly path: PathMatch
}

/** Options of {@link createSecurityHeaders}. */
export interface SecurityHeadersOptions extends HeaderSettings {
  /**
   * The settings to start from.
   *
   * @default helmet's defaults, which fit a server of pages and JSON alike
   */
  readonly preset?: SecurityHeadersPreset | undefined
  /** @default [] */
  readonly overrides?: readonly HeaderOverride[] | undefined
  /**
   * The proxies whose `X-Forwarded-Proto` is believed. Without it HSTS is sent on TLS sockets alone.
   *
   * @default false
   */
  readonly trustProxy?: TrustProxy | undefined
  /**
   * Told of functions in a policy that fail.
   *
   * @default noopLogger
   */
  readonly logger?: Logger | undefined
}

/** Checked options. */
export interface ResolvedSecurityHeadersOptions {
  readonly preset: SecurityHeadersPreset | undefined
  readonly headers: ResolvedHeaders
  readonly overrides: readonly { readonly path: PathMatch; readonly headers: ResolvedHeaders }[]
  readonly trustProxy: TrustProxy
  readonly logger: Logger
}

type ReadOverride = AliasedSettings & { path: PathMatch }

interface ReadOwnOptions {
  preset?: SecurityHeadersPreset
  overrides?: readonly ReadOverride[]
  trustProxy?: TrustProxy
  logger?: Logger
}

const overrideMembersRule = option.objectOf<ReadOverride>(
  { ...headerRules, path: protectedPathsRule },
  { required: ['path'] },
)

const overrideRule: OptionRule<ReadOverride> = (value, report) => {
  const read = overrideMembersRule(value, report)
  if (read && !Object.entries(value ?? {}).some(([key, given]) => key !== 'path' && given !== undefined)) {
    report.add('ALFRED_CONFIG_MISSING', 'must name a header beside path: it changes none.')
  }
  return read
}

const optionsRule = option.objectOf<AliasedSettings & ReadOwnOptions>(
  {
    ...headerRules,
    preset: option.oneOf('api', 'spa', 'strict'),
    overrides: option.list(overrideRule),
    trustProxy: trustProxyRule,
    logger: loggerRule,
  },
  { peers: headersPeers },
)

const settingsRule = option.objectOf<AliasedSettings>(headerRules)

const securityHeadersRule: OptionRule<ResolvedSecurityHeadersOptions> = (value, report) => {
  const read = optionsRule(value, report)
  if (!read) return undefined
  const { preset, overrides = [], trustProxy = false, logger = noopLogger } = read
  const base = preset === undefined ? defaultHeaders() : presetHeaders(preset, report)
  const headers = applySettings(base, canonicalSettings(read, report), 'option')
  checkHeaders(headers, report)
  return Object.freeze({
    preset,
    headers,
    overrides: overrides.map((override, index) => {
      const at = report.at('overrides').at(index)
      const overridden = applySettings(headers, canonicalSettings(override, at), 'override')
      checkHeaders(overridden, at)
      return { path: override.path, headers: overridden }
    }),
    trustProxy,
    logger,
  })
}

function presetHeaders(preset: SecurityHeadersPreset, report: ProblemReport): ResolvedHeaders {
  const settings = settingsRule(securityHeadersPresets[preset], report) ?? {}
  return applySettings(defaultHeaders(), canonicalSettings(settings, report), 'preset')
}

/** Checks the options and puts defaults, preset, options and overrides together. */
export function resolveSecurityHeadersOptions(
  options: SecurityHeadersOptions = {},
): ResolvedSecurityHeadersOptions {
  return readOptions('headers', options, securityHeadersRule)
}
