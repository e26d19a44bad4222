export { type AllowedHosts, type AllowedHostsOptions, createAllowedHosts } from './origins/allowed-hosts.ts'
export { clearSiteData, type SiteData } from './headers/clear-site-data.ts'
export {
  type ContentSecurityPolicyOptions,
  type CspDirectives,
  type CspSource,
} from './csp/content-security-policy.ts'
export { type Cors, createCors } from './cors/cors.ts'
export {
  type CorsFromOptions,
  createCorsFrom,
  type PeerCorsDelegate,
  type PeerCorsOptions,
} from './cors/cors-from.ts'
export {
  type AllowedOrigin,
  type CorsOptions,
  type OriginCheck,
  type RequestOriginCheck,
} from './cors/cors-options.ts'
export { type CspReportCounts, type CspReports, createCspReports } from './reports/csp-reports.ts'
export { type CspReportsOptions } from './reports/csp-reports-options.ts'
export { createCsrf, type CsrfReason } from './csrf/csrf.ts'
export { type CsrfOptions } from './csrf/csrf-options.ts'
export { getDefaultDirectives, standalone, type StandaloneOptions } from './headers/standalone.ts'
export { type HeaderSettings } from './headers/header-settings.ts'
export { type StrictTransportSecurityOptions } from './headers/helmet-headers.ts'
export { allowedHostRule } from './origins/host-test.ts'
export { type CspHashes, cspHashes } from './pages/csp-hashes.ts'
export { createIndexPage } from './pages/index-page.ts'
export { type IntegrityPolicyOptions } from './headers/integrity-policy.ts'
export { nonce } from './csp/nonce.ts'
export { exactOriginRule, type TrustedOrigin } from './origins/origin-matcher.ts'
export { type PermissionsPolicyOptions } from './headers/permissions-policy.ts'
export { type ReportingEndpointsOptions } from './headers/reporting-endpoints.ts'
export {
  createSecurityHeaders,
  type SecurityHeaders,
  type SecurityHeadersExplanation,
} from './headers/security-headers.ts'
export { type HeaderOverride, type SecurityHeadersOptions } from './headers/security-headers-options.ts'
export { type SecurityHeadersPreset, securityHeadersPresets } from './headers/security-headers-presets.ts'
export { corsPeers } from './cors/cors-peers.ts'
export { csrfPeers } from './csrf/csrf-peers.ts'
export { headersPeers } from './headers/header-peers.ts'
