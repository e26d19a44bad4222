import type { Middleware } from '@alfred/core'
import helmet from 'helmet'
import type { HeaderSettings } from './header-settings.ts'
import { createSecurityHeaders } from './security-headers.ts'
import type { SecurityHeadersOptions } from './security-headers-options.ts'

/** What a standalone header takes beside its own options. */
export type StandaloneOptions = Pick<SecurityHeadersOptions, 'logger' | 'trustProxy'>

/** The headers that are sent by default. */
const byDefault = [
  'contentSecurityPolicy',
  'crossOriginOpenerPolicy',
  'crossOriginResourcePolicy',
  'originAgentCluster',
  'referrerPolicy',
  'strictTransportSecurity',
  'xContentTypeOptions',
  'xDnsPrefetchControl',
  'xDownloadOptions',
  'xFrameOptions',
  'xPermittedCrossDomainPolicies',
  'xPoweredBy',
  'xXssProtection',
] as const satisfies readonly (keyof HeaderSettings)[]

const allOff: SecurityHeadersOptions = Object.fromEntries(byDefault.map((key) => [key, false]))

type Setting<Key extends keyof HeaderSettings> = Exclude<HeaderSettings[Key], false | undefined>

/** Builds the middleware of one header, as `helmet.name()` does. */
const only =
  <Key extends keyof HeaderSettings>(key: Key) =>
  (setting?: Setting<Key>, options: StandaloneOptions = {}): Middleware =>
    createSecurityHeaders({ ...allOff, ...options, [key]: setting ?? true })

/** helmet's default policy, as options: directives in kebab-case, each with its sources. */
export const getDefaultDirectives = (): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(helmet.contentSecurityPolicy.getDefaultDirectives()).map(([name, sources]) => [
      name,
      [...sources].map(String),
    ]),
  )

/**
 * Single headers, each a middleware of its own, by helmet's names: `standalone.hsts({ maxAge: 60 })` in place of
 * `helmet.hsts({ maxAge: 60 })`. HSTS is sent over TLS alone; behind a proxy that ends TLS give `{ trustProxy }` as the second
 * argument. `createSecurityHeaders` sets all of them in one step.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { standalone } from '@alfred/security-headers'
 *
 * export const layers = [standalone.noSniff(), standalone.hsts({ maxAge: 86_400 }, { trustProxy: 1 })]
 * ```
 */
export const standalone = Object.freeze({
  contentSecurityPolicy: Object.assign(only('contentSecurityPolicy'), {
    getDefaultDirectives,
    /** As the value of `default-src`: no default, on purpose. */
    dangerouslyDisableDefaultSrc: helmet.contentSecurityPolicy.dangerouslyDisableDefaultSrc,
  }),
  crossOriginEmbedderPolicy: only('crossOriginEmbedderPolicy'),
  crossOriginOpenerPolicy: only('crossOriginOpenerPolicy'),
  crossOriginResourcePolicy: only('crossOriginResourcePolicy'),
  originAgentCluster: only('originAgentCluster'),
  referrerPolicy: only('referrerPolicy'),
  strictTransportSecurity: only('strictTransportSecurity'),
  xContentTypeOptions: only('xContentTypeOptions'),
  xDnsPrefetchControl: only('xDnsPrefetchControl'),
  xDownloadOptions: only('xDownloadOptions'),
  xFrameOptions: only('xFrameOptions'),
  xPermittedCrossDomainPolicies: only('xPermittedCrossDomainPolicies'),
  xPoweredBy: only('xPoweredBy'),
  xXssProtection: only('xXssProtection'),
  dnsPrefetchControl: only('xDnsPrefetchControl'),
  frameguard: only('xFrameOptions'),
  hidePoweredBy: only('xPoweredBy'),
  hsts: only('strictTransportSecurity'),
  ieNoOpen: only('xDownloadOptions'),
  noSniff: only('xContentTypeOptions'),
  permittedCrossDomainPolicies: only('xPermittedCrossDomainPolicies'),
  xssFilter: only('xXssProtection'),
})
