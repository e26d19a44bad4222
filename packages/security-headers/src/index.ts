export { type AllowedHosts, type AllowedHostsOptions, createAllowedHosts } from './allowed-hosts.ts'
export { clearSiteData, type SiteData } from './clear-site-data.ts'
export {
  type ContentSecurityPolicyOptions,
  type CspDirectives,
  type CspDirectiveValue,
  type CspSource,
  type CspSourceFunction,
} from './content-security-policy.ts'
export { type CspDirectiveKey, type CspDirectiveName } from './csp-directives.ts'
export { type Cors, createCors } from './cors.ts'
export {
  type AllowedOrigin,
  type CorsOptions,
  type OriginCheck,
  type RequestOriginCheck,
} from './cors-options.ts'
export { type CspReportCounts, type CspReports, createCspReports } from './csp-reports.ts'
export { type CspReportsOptions } from './csp-reports-options.ts'
export { createCsrf, type CsrfReason } from './csrf.ts'
export { type CsrfOptions } from './csrf-options.ts'
export { type HeaderSettings } from './header-settings.ts'
export { type StrictTransportSecurityOptions } from './helmet-headers.ts'
export { allowedHostRule } from './host-test.ts'
export { type IntegrityPolicyOptions } from './integrity-policy.ts'
export { nonce } from './nonce.ts'
export { type TrustedOrigin } from './origin-matcher.ts'
export {
  type PermissionsPolicyAllowlist,
  type PermissionsPolicyFeature,
  type PermissionsPolicyOptions,
} from './permissions-policy.ts'
export { type ReportingEndpointsOptions } from './reporting-endpoints.ts'
export { type HeaderLayer } from './resolved-headers.ts'
export {
  createSecurityHeaders,
  type HeaderExplanation,
  type SecurityHeaders,
  type SecurityHeadersExplanation,
} from './security-headers.ts'
export { type HeaderOverride, type SecurityHeadersOptions } from './security-headers-options.ts'
export { type SecurityHeadersPreset, securityHeadersPresets } from './security-headers-presets.ts'
export { corsPeers } from './cors-peers.ts'
export { csrfPeers } from './csrf-peers.ts'
export { headersPeers } from './header-peers.ts'
