import type { AlfredEvents } from '@alfred/core'
import { cspDirectiveSpellings } from '../csp/csp-directives.ts'

/** One violation as a browser tells it, cut down to what is safe to pass on. */
export type CspViolation = Omit<AlfredEvents['csp.violation'], 'repeats'>

const maxTextLength = 200

/** What browsers write instead of an address (CSP Level 3 section 5.3). */
const keywords = new Set([
  'eval',
  'inline',
  'self',
  'trusted-types-policy',
  'trusted-types-sink',
  'wasm-eval',
])

/** Extensions change pages of their users; a site can do nothing about what they break. */
const extension = /^(?:chrome|moz|safari|safari-web|ms-browser|webkit-masked-url)(?:-extension)?:/i

/**
 * Reads one report of either format: the body of a `csp-violation` of the Reporting API, or the
 * `csp-report` object of `report-uri`.
 *
 * @returns `undefined` when it is no violation, or one that a browser extension caused
 */
export function readViolation(report: unknown): CspViolation | undefined {
  if (!isRecord(report)) return undefined
  const read = (modern: string, old: string): unknown => report[modern] ?? report[old]
  const directive = text(read('effectiveDirective', 'effective-directive') ?? report['violated-directive'])
  if (directive === undefined) return undefined
  const blocked = text(read('blockedURL', 'blocked-uri')) ?? ''
  const source = text(read('sourceFile', 'source-file'))
  if (extension.test(blocked) || (source !== undefined && extension.test(source))) return undefined
  // `violated-directive` of old browsers is followed by the directive's sources.
  const name = directive.split(' ', 1)[0] ?? ''
  return {
    directive: cspDirectiveSpellings.get(name) ?? 'other',
    blocked: describeBlocked(blocked),
    page: pathOf(text(read('documentURL', 'document-uri'))) ?? 'other',
    source: locationOf(source),
    line: lineNumber(read('lineNumber', 'line-number')),
    disposition: report['disposition'] === 'report' ? 'report' : 'enforce',
  }
}

function describeBlocked(blocked: string): string {
  if (keywords.has(blocked)) return blocked
  const url = URL.parse(blocked)
  // Without its path: that may hold what the user typed, or a token.
  if (url) return clip(url.host === '' ? url.protocol : `${url.protocol}//${url.host}`)
  // Where the address itself must not be told, browsers write the scheme alone.
  return /^[a-z][a-z0-9+.-]{0,19}$/i.test(blocked) ? blocked.toLowerCase() : 'other'
}

/** A script or style file: its name may hold a digest, which is no secret. */
const isFile = /\.(?:css|js|jsx|mjs|ts|tsx|vue|wasm)$/i

/**
 * A path without what may be a secret in it: links to reset a password or to join a team carry their token there. A part
 * is one when it holds a long run of letters and digits together, or is longer than words are.
 */
function maskTokens(path: string): string {
  return path
    .split('/')
    .map((part) => (uuid.test(part) || part.split(/[^A-Za-z0-9]+/).some(isToken) ? '…' : part))
    .join('/')
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i

const isToken = (run: string): boolean =>
  run.length >= 32 || (run.length >= 10 && /\d/.test(run) && /[a-z]/i.test(run))

function pathOf(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address)
  return url ? clip(maskTokens(url.pathname)) : undefined
}

function locationOf(address: string | undefined): string | undefined {
  const url = address === undefined ? null : URL.parse(address)
  if (!url) return undefined
  return clip(
    url.host === ''
      ? url.protocol
      : `${url.protocol}//${url.host}${isFile.test(url.pathname) ? url.pathname : maskTokens(url.pathname)}`,
  )
}

function lineNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Longer texts are not parsed: nothing a browser means is. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 8192 ? value : undefined
}

const clip = (value: string): string => (value.length > maxTextLength ? value.slice(0, maxTextLength) : value)

/** Whether `value` is an object with keys, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
