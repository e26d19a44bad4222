import type { CamelCase } from './camel-case.ts'
import { spellings } from './camel-case.ts'

/** What a directive's value consists of; decides which of its entries make sense. */
export type DirectiveKind =
  | 'ancestors'
  | 'flag'
  | 'report-group'
  | 'report-uri'
  | 'sandbox'
  | 'script-sources'
  | 'sources'
  | 'trusted-types'
  | 'trusted-types-sinks'
  | 'unknown'
  | 'webrtc'

/**
 * The directives browsers know: CSP Level 3, Trusted Types, Upgrade Insecure Requests and Fenced Frame,
 * with the two retired ones that still stand in many policies.
 */
const kinds = {
  'base-uri': 'ancestors',
  'block-all-mixed-content': 'flag',
  'child-src': 'sources',
  'connect-src': 'sources',
  'default-src': 'script-sources',
  'fenced-frame-src': 'sources',
  'font-src': 'sources',
  'form-action': 'ancestors',
  'frame-ancestors': 'ancestors',
  'frame-src': 'sources',
  'img-src': 'sources',
  'manifest-src': 'sources',
  'media-src': 'sources',
  'object-src': 'sources',
  'prefetch-src': 'sources',
  'report-to': 'report-group',
  'report-uri': 'report-uri',
  'require-trusted-types-for': 'trusted-types-sinks',
  sandbox: 'sandbox',
  'script-src': 'script-sources',
  'script-src-attr': 'script-sources',
  'script-src-elem': 'script-sources',
  'style-src': 'script-sources',
  'style-src-attr': 'script-sources',
  'style-src-elem': 'script-sources',
  'trusted-types': 'trusted-types',
  'upgrade-insecure-requests': 'flag',
  webrtc: 'webrtc',
  'worker-src': 'sources',
} as const satisfies Record<string, DirectiveKind>

/** A Content-Security-Policy directive, as the header spells it. */
export type CspDirectiveName = keyof typeof kinds

const kindsByName: ReadonlyMap<string, DirectiveKind> = new Map(Object.entries(kinds))

/** A directive as options spell it: `script-src` or `scriptSrc`. */
export type CspDirectiveKey = CspDirectiveName | CamelCase<CspDirectiveName>

/** Every directive, as the header spells it. */
export const cspDirectiveNames = Object.freeze(Object.keys(kinds)) as readonly CspDirectiveName[]

/** From each spelling an option may use to the directive. */
export const cspDirectiveSpellings = spellings(cspDirectiveNames)

/** What the value of `directive` consists of. */
export const directiveKind = (directive: string): DirectiveKind => kindsByName.get(directive) ?? 'unknown'
