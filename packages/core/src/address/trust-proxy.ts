import { closestName } from '../options/closest-name.ts'
import type { ProblemReport } from '../options/option-rule.ts'
import { option } from '../options/option-rules.ts'
import { isPlainObject } from '../options/plain-object.ts'
import { createRule } from '../options/rule.ts'
import { compileRanges, parseRange } from './address-ranges.ts'
import { isTooWide } from './network-width.ts'
import { parseAddress } from './parse-address.ts'

/** A number, the last so many hops, or the addresses and ranges of the proxies (`'loopback'`, `'10.0.0.0/8'`). */
type TrustedProxies = number | string | readonly string[]

/**
 * Which peers may say, by `X-Forwarded-For` and `X-Forwarded-Proto`, on whose behalf they ask: `false` nobody, a number the
 * last so many hops, or the addresses and ranges of the proxies (`'loopback'`, `'10.0.0.0/8'`).
 *
 * With `clientAddressHeader` a trusted peer names the client's address in a field of its own, such as `cf-connecting-ip`,
 * which the first proxy must replace and the others pass on. A request without the field goes by `X-Forwarded-For`.
 */
export type TrustProxy = false | TrustedProxies | TrustedProxyField

/** Proxies that name the client in a field of their own. */
interface TrustedProxyField {
  /** A number, the last so many hops, or the addresses and ranges of the proxies. */
  readonly proxies: TrustedProxies
  /** The field with the client's address, in lower case, such as `cf-connecting-ip`. */
  readonly clientAddressHeader: string
}

/**
 * Whether a peer, or the address a number of hops before it, is one of the trusted proxies.
 *
 * @param address - `undefined` where it is not known: a Unix socket, an entry that names no address
 */
export type Trust = (address: string | undefined, hop: number) => boolean

/** Networks with a name, as Express has them. */
const namedNetworks: Readonly<Record<string, readonly string[]>> = {
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  loopback: ['127.0.0.0/8', '::1'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}
const names = Object.keys(namedNetworks)

/** No set-up has so many proxies in a row; a number beyond it is a port or a slip. */
const maxHops = 16

const outOfHops = `must be a whole number of proxies from 0 to ${String(maxHops)}.`

/** What somebody meant who wrote a boolean or a number as text; `undefined` for any other text. */
function meantWithoutQuotes(text: string): string | undefined {
  if (/^\d+$/.test(text))
    return Number(text) > maxHops
      ? outOfHops
      : `must be the number ${String(Number(text))}, without quotation marks.`
  return text === 'false' ? 'must be false, without quotation marks.' : undefined
}

const trustsEverybody =
  'would let any client choose its address. Give the number of proxies or their addresses.'

function entryRule(value: unknown, report: ProblemReport, isOnlyEntry: boolean): string | undefined {
  if (typeof value !== 'string') {
    report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be an address, a network or a name of networks, as text.')
    return undefined
  }
  const text = value.trim()
  if (Object.hasOwn(namedNetworks, text)) return text
  const meant = meantWithoutQuotes(text)
  if (meant !== undefined) {
    report.add(
      'ALFRED_CONFIG_WRONG_TYPE',
      isOnlyEntry ? meant : 'must be an address: a number of hops stands alone.',
    )
    return undefined
  }
  if (text === 'true') {
    report.add('ALFRED_CONFIG_UNSAFE', `must not be true, which ${trustsEverybody}`)
    return undefined
  }
  const range = parseRange(text)
  if (!range) {
    report.add(
      'ALFRED_CONFIG_OUT_OF_RANGE',
      'must be an address, a network such as 10.0.0.0/8, loopback, linklocal or uniquelocal.',
      closestName(text, names),
    )
    return undefined
  }
  if (isTooWide(range)) {
    report.add('ALFRED_CONFIG_UNSAFE', `must not be a network so large, which ${trustsEverybody}`)
    return undefined
  }
  return text
}

/** The proxies of a {@link TrustProxy}, and the field that names the client. */
export const trustParts = (
  trustProxy: TrustProxy,
): { readonly proxies: false | TrustedProxies; readonly clientAddressHeader: string | undefined } =>
  typeof trustProxy === 'object' && 'proxies' in trustProxy
    ? trustProxy
    : { proxies: trustProxy, clientAddressHeader: undefined }

/** The fields that list proxies, and so cannot name the client alone. */
const listFields = ['forwarded', 'via', 'x-forwarded-for']

const headerRule = option
  .string({ pattern: /^[a-z\d][\w-]{0,63}$/i, hint: 'the name of a header field, such as cf-connecting-ip' })
  .map((name) => name.toLowerCase())
  .check((name, report) => {
    if (!listFields.includes(name)) return
    report.add('ALFRED_CONFIG_CONFLICT', 'must be a field that holds one address alone.')
  })

const proxiesRule = createRule<TrustedProxies>((value, report) => {
  if (value !== false && value !== 0) return trustedProxies(value, report)
  report.add('ALFRED_CONFIG_CONFLICT', 'must name proxies: nobody else may send clientAddressHeader.')
  return undefined
})

const namedFieldRule = option
  .object({ proxies: proxiesRule, clientAddressHeader: headerRule })
  // Of what has a problem nothing is taken, the sound half neither.
  .map((read): TrustProxy => read)

/**
 * The rule for a `trustProxy` option. What lets every client choose its address is refused: `true`, `0.0.0.0/0` and
 * other networks larger than an IPv4 /8 or an IPv6 /16. So is a number as text, which others read as an address.
 */
export const trustProxyRule = createRule<TrustProxy>((value, report) => {
  if (value === false) return value
  return isPlainObject(value) ? namedFieldRule(value, report) : trustedProxies(value, report)
})

function trustedProxies(value: unknown, report: ProblemReport): TrustedProxies | undefined {
  if (value === true) {
    report.add('ALFRED_CONFIG_UNSAFE', `must not be true, which ${trustsEverybody}`)
    return undefined
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0 && value <= maxHops) return value
    report.add('ALFRED_CONFIG_OUT_OF_RANGE', outOfHops)
    return undefined
  }
  if (typeof value === 'string') return entryRule(value, report, true)
  if (Array.isArray(value)) {
    const entries = value.map((entry: unknown, index) =>
      entryRule(entry, report.at(index), value.length === 1),
    )
    return entries.every((entry) => entry !== undefined) ? entries : undefined
  }
  report.add('ALFRED_CONFIG_WRONG_TYPE', 'must be false, a number of hops, or a list of addresses.')
  return undefined
}

/** Compiles a {@link TrustProxy} that {@link trustProxyRule} accepted; `undefined` when nobody is trusted. */
export function compileTrust(trustProxy: TrustProxy): Trust | undefined {
  const { proxies } = trustParts(trustProxy)
  if (proxies === false || proxies === 0) return undefined
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies
  const entries = typeof proxies === 'string' ? [proxies] : proxies
  if (entries.length === 0) return undefined
  const ranges = compileRanges(entries.flatMap((entry) => namedNetworks[entry] ?? [entry]))
  return (address) => {
    const parsed = address === undefined ? undefined : parseAddress(address)
    return parsed !== undefined && ranges.has(parsed)
  }
}
