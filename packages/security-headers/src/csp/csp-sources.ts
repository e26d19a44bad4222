import type { ConfigProblemCode } from '@alfred/core'
import { closestName } from '@alfred/core'
import type { DirectiveKind } from './csp-directives.ts'

/** Stands in a directive where each response gets a nonce of its own. */
export const nonceSource = "'nonce'"

/** Why an entry of a directive is refused. */
export interface SourceProblem {
  readonly code: ConfigProblemCode
  readonly message: string
  readonly suggestion?: string | undefined
}

const scriptKeywords = [
  "'inline-speculation-rules'",
  "'none'",
  nonceSource,
  "'report-sample'",
  "'report-sha256'",
  "'report-sha384'",
  "'report-sha512'",
  "'self'",
  "'strict-dynamic'",
  "'trusted-types-eval'",
  "'unsafe-allow-redirects'",
  "'unsafe-eval'",
  "'unsafe-hashes'",
  "'unsafe-inline'",
  "'unsafe-webtransport-hashes'",
  "'wasm-unsafe-eval'",
]

const plainKeywords = [
  "'none'",
  "'report-sample'",
  "'self'",
  "'unsafe-allow-redirects'",
  "'unsafe-webtransport-hashes'",
]

/** HTML standard, the sandboxing flags. */
const sandboxFlags = [
  'allow-downloads',
  'allow-forms',
  'allow-modals',
  'allow-orientation-lock',
  'allow-pointer-lock',
  'allow-popups',
  'allow-popups-to-escape-sandbox',
  'allow-presentation',
  'allow-same-origin',
  'allow-same-site-none-cookies',
  'allow-scripts',
  'allow-storage-access-by-user-activation',
  'allow-top-navigation',
  'allow-top-navigation-by-user-activation',
  'allow-top-navigation-to-custom-protocols',
]

const visibleAscii = /^[\x21-\x7e]+$/
const separators = /[;,]/
/** What a value that is missing becomes in a text: `'nonce-undefined'`, `https://undefined`. */
const missingValue = /^(?:'nonce-|[a-z][a-z0-9+.-]*:\/\/)?(?:undefined|null|NaN)(?:'?$|[:/])/
const fixedNonce = /^'nonce-[A-Za-z0-9+/_-]+={0,2}'$/
const hash = /^'(?:sha256|sha384|sha512)-[A-Za-z0-9+/_-]+={0,2}'$/
const schemeSource = /^[a-z][a-z0-9+.-]*:$/i
const bareScheme = /^(?:blob|data|filesystem|https?|mediastream|wss?)$/i
const schemeWithPort = /^(blob|data|filesystem|https?|mediastream|wss?):(?:\*|\d+)$/i
const hostSource =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?(?:\/(?!\/)[^\s;,'"]*)?$/i
const reportUri = /^(?:\/|https?:\/\/)[^\s;,'"]*$/i
const token = /^[A-Za-z0-9][A-Za-z0-9_.*-]*$/
const policyName = /^[A-Za-z0-9#=_/@.%-]+$/

/** Whether a source is a well-formed nonce. */
export const isNonce = (source: string): boolean => fixedNonce.test(source) && !missingValue.test(source)

/**
 * Checks one entry of a directive.
 *
 * @param fixedNonces - whether a literal `'nonce-…'` is acceptable: from a function it may be new each time
 * @returns `undefined` when the entry is sound
 */
export function checkSource(
  kind: DirectiveKind,
  source: string,
  fixedNonces = false,
): SourceProblem | undefined {
  if (!visibleAscii.test(source) || separators.test(source)) {
    return outOfRange('must be visible ASCII without white space, semicolon or comma.')
  }
  if (missingValue.test(source)) return outOfRange('holds undefined, null or NaN in place of a value.')
  switch (kind) {
    case 'unknown':
      return undefined
    case 'flag':
      return outOfRange('takes no value: give an empty list.')
    case 'sandbox':
      return fromList(source, sandboxFlags)
    case 'webrtc':
      return fromList(source, ["'allow'", "'block'"])
    case 'trusted-types-sinks':
      return fromList(source, ["'script'"])
    case 'trusted-types':
      if (source === '*' || policyName.test(source)) return unquoted(source, ["'allow-duplicates'", "'none'"])
      return fromList(source, ["'allow-duplicates'", "'none'"])
    case 'report-group':
      return token.test(source) ? undefined : outOfRange('must be the name of a reporting endpoint.')
    case 'report-uri':
      return reportUri.test(source) ? undefined : outOfRange('must be a path or an http(s) URL.')
    case 'ancestors':
    case 'sources':
      return checkSourceExpression(source, plainKeywords, fixedNonces)
    case 'script-sources':
      return checkSourceExpression(source, scriptKeywords, fixedNonces)
  }
}

function checkSourceExpression(
  source: string,
  keywords: readonly string[],
  fixedNonces: boolean,
): SourceProblem | undefined {
  if (source.startsWith("'")) {
    const script = keywords === scriptKeywords
    if (keywords.includes(source) || (script && hash.test(source))) return undefined
    if (script && fixedNonce.test(source)) {
      if (fixedNonces) return undefined
      return {
        code: 'ALFRED_CONFIG_UNSAFE',
        message: 'is a fixed nonce, which anyone can read and reuse; ask for one per response.',
        suggestion: nonceSource,
      }
    }
    if (source === nonceSource) return outOfRange('has no place here: browsers check no nonce for this.')
    return fromList(source, keywords)
  }
  if (/^(?:nonce|sha256|sha384|sha512)-/i.test(source)) {
    return outOfRange('must stand in single quotes.', `'${source}'`)
  }
  const bare = unquoted(source, keywords === plainKeywords ? plainKeywords : scriptKeywords)
  if (bare) return bare
  if (bareScheme.test(source)) return outOfRange('needs a colon to be a scheme.', `${source}:`)
  const scheme = schemeWithPort.exec(source)?.[1]
  if (scheme !== undefined) return outOfRange('is a host named like a scheme, with a port.', `${scheme}:`)
  if (source === '*' || schemeSource.test(source) || hostSource.test(source)) return undefined
  return outOfRange('is not a source: a scheme (https:), a host, or a quoted keyword.')
}

/** A keyword without its quotes is a host name to browsers, and matches nothing. */
function unquoted(source: string, keywords: readonly string[]): SourceProblem | undefined {
  const quoted = `'${source.toLowerCase()}'`
  return keywords.includes(quoted) ? outOfRange('must stand in single quotes.', quoted) : undefined
}

function fromList(source: string, allowed: readonly string[]): SourceProblem | undefined {
  if (allowed.includes(source)) return undefined
  return outOfRange(
    'is not a value of this directive; name it in allowUnknown if it is new.',
    closestName(source, allowed),
  )
}

function outOfRange(message: string, suggestion?: string): SourceProblem {
  return { code: 'ALFRED_CONFIG_OUT_OF_RANGE', message, suggestion }
}
