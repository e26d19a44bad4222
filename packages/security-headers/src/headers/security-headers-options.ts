import {
  type Logger,
  observed,
  option,
  type OptionRule,
  type Options,
  type PathMatch,
  type ProblemReport,
  protectedPathsRule,
  readOptions,
  type Resolved,
  type TrustProxy,
  trustProxyRule,
} from '@alfred/core'
import { canonicalSettings, headerRules, type HeaderSettings } from './header-settings.ts'
import { applySettings, checkHeaders, defaultHeaders, type ResolvedHeaders } from './resolved-headers.ts'
import { type SecurityHeadersPreset, securityHeadersPresets } from './security-headers-presets.ts'
import { headersPeers } from './header-peers.ts'

const overrideShape = option.object({
  ...headerRules,
  /** Which requests; the first override that matches decides. */
  path: protectedPathsRule,
})

/** Other headers for some paths. What an override does not name stays as it is elsewhere. */
export interface HeaderOverride extends HeaderSettings, Options<typeof overrideShape> {}

const overrideRule = option.custom<Resolved<typeof overrideShape>, HeaderOverride>((value, report) => {
  const read = overrideShape(value, report)
  if (read && !Object.entries(value ?? {}).some(([key, header]) => key !== 'path' && header !== undefined)) {
    report.add('ALFRED_CONFIG_MISSING', 'must name a header beside path: it changes none.')
  }
  return read
})

const optionsShape = option.object(
  {
    ...headerRules,
    /**
     * The settings to start from.
     *
     * @default helmet's defaults, which fit a server of pages and JSON alike
     */
    preset: option.oneOf('api', 'spa', 'static', 'strict').optional(),
    /** @default [] */
    overrides: option.list(overrideRule).default([]),
    /**
     * The proxies whose `X-Forwarded-Proto` is believed. Without it HSTS is sent on TLS sockets alone.
     *
     * @default false
     */
    trustProxy: trustProxyRule.default(false),
    /**
     * Told of functions in a policy that fail.
     *
     * @default discards everything
     */
    logger: observed.logger,
  },
  { peers: headersPeers },
)

/** Options of {@link createSecurityHeaders}. */
export interface SecurityHeadersOptions extends HeaderSettings, Options<typeof optionsShape> {}

/** Checked options. */
export interface ResolvedSecurityHeadersOptions {
  readonly preset: SecurityHeadersPreset | undefined
  readonly headers: ResolvedHeaders
  readonly overrides: readonly { readonly path: PathMatch; readonly headers: ResolvedHeaders }[]
  readonly trustProxy: TrustProxy
  readonly logger: Logger
}

const settingsRule = option.object(headerRules)

const securityHeadersRule: OptionRule<ResolvedSecurityHeadersOptions> = (value, report) => {
  const read = optionsShape(value, report)
  if (!read) return undefined
  const { preset, overrides, trustProxy, logger } = read
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
