import { redactUrl, urlInText } from './redact-url.ts'
import { assignedName, isSecretMember, isSecretName } from './secret-names.ts'

const replacement = '[redacted]'

type Replace = (text: string) => string

/** All patterns run on texts of bounded length; none repeats what another repetition beside it could take. */
const replaceAll =
  (pattern: RegExp, put = replacement): Replace =>
  (text) =>
    text.replace(pattern, put)

const quoted = String.raw`\\?"(?:[^"\\]|\\(?!").)*(?:\\?"|$)|'(?:[^'\\]|\\.)*(?:'|$)`

/** Fields of requests whose whole line is secret: a cookie's second pair as much as its first. */
const headerLine = new RegExp(
  String.raw`\b((?:proxy-)?authorization|(?:set-)?cookie|x-(?:[\w-]{0,40}-)?(?:key|token|secret|auth|signature))(["']?\s{0,4}:\s{0,4})(?:${quoted}|[^\r\n]*)`,
  'gi',
)

/** Variables that hold such a line. */
const headerVariable = new RegExp(
  String.raw`\b(\w{0,32}(?:cookie|auth(?:ori[sz]ation)?)[-_]?header)(["']?\s{0,4}[:=]\s{0,4})(?:${quoted}|[^\r\n]*)`,
  'gi',
)

/** An array of fields, as Node's `rawHeaders` are: "Cookie", "a=1". */
const headerPair = new RegExp(
  String.raw`(["'](?:(?:proxy-)?authorization|(?:set-)?cookie|x-(?:[\w-]{0,40}-)?(?:key|token|secret|auth|signature))["']\s{0,4},\s{0,4})(?:${quoted})`,
  'gi',
)

const schemes = [
  // The parameters of a digest or signature go to the end of the line.
  /\b(Digest|Hawk|Signature|OAuth|AWS4-HMAC-SHA256) +[\w-]+=[^\r\n]*/gi,
  // One word of small letters is prose: basic authentication, a token expired.
  /\b([Bb]earer|[Bb]asic|[Tt]oken|[Nn]egotiate|NTLM|BEARER|BASIC|[Aa]pi[Kk]ey|GenieKey|SSWS) +(?![a-z]{1,24}(?![\w~+/=.-]))[\w.~+/=-]{4,}/g,
] as const

/** Words that may follow each other in a secret. */
const ofWords = /pass|phrase|mnemonic|pwd/i

const assignment = new RegExp(
  String.raw`(${assignedName})(\\?["']?\]?\s{0,4}(?::=|=>|=|:)\s{0,4})(?:(${quoted})|([^\r\n]*))`,
  'gi',
)

const flag = new RegExp(String.raw`(?<![\w-])(--?[\w.-]{1,64})( +)(?:(${quoted})|([^\s-][^\s]*))`, 'g')

/** Where an unquoted value ends. */
const endOfWord = /[\s"',;&}\])]/
const endOfWords = /[;&}\])"']|,\s|\s+[\w.-]{1,64}\s{0,4}=|$/

function redactAssignments(text: string): string {
  let clean = ''
  let from = 0
  assignment.lastIndex = 0
  for (let match = assignment.exec(text); match; match = assignment.exec(text)) {
    const [whole, name = '', sign = '', quotedValue, line = ''] = match
    const valueAt = match.index + whole.length - (quotedValue ?? line).length
    const length = quotedValue?.length ?? line.search(ofWords.test(name) ? endOfWords : endOfWord)
    const end = length === -1 ? valueAt + line.length : valueAt + length
    const value = text.slice(valueAt, end)
    const isSecret = value.length > 0 && isSecretValue(name, sign, value)
    if (isSecret) {
      clean += text.slice(from, valueAt) + inQuotes(value)
      from = end
    }
    // A value that is no secret may be an assignment of one.
    assignment.lastIndex = isSecret ? end : Math.max(valueAt, match.index + 1)
  }
  return clean + text.slice(from)
}

const isSecretValue = (name: string, sign: string, value: string): boolean => {
  const bare = value.replace(/^\\?["']|\\?["']$/g, '')
  if (bare.length === 0 || bare.startsWith('[redacted')) return false
  // The working directory of a shell.
  if (/^(?:old)?pwd$/i.test(name) && bare.startsWith('/')) return false
  // Code and prose: a token: string, the session: it ended.
  if (sign.includes(':') && /^(?:string|number|boolean|unknown|null|undefined)\b/.test(bare)) return false
  return isSecretMember(name.split('.').at(-1) ?? name, bare) || isSecretMember(name, bare)
}

function inQuotes(value: string): string {
  const [quote = ''] = /^\\?["']/.exec(value) ?? []
  return quote + replacement + (quote !== '' && value.endsWith(quote) ? quote : '')
}

const redactFlags: Replace = (text) =>
  text.replace(flag, (whole, name: string, space: string, quotedValue?: string, word?: string) => {
    const value = quotedValue ?? word ?? ''
    const isSecret = isSecretValue(name.replace(/^-+/, ''), '=', value)
    return isSecret ? `${name}${space}${inQuotes(value)}` : whole
  })

/** Flags and their values as an array of arguments. */
const flagPair = new RegExp(String.raw`(["']--?([\w.-]{1,64})["']\s{0,4},\s{0,4})(?!["']-)(${quoted})`, 'g')

const redactFlagPairs: Replace = (text) =>
  text.replace(flagPair, (whole, before: string, name: string, value: string) =>
    isSecretValue(name, '=', value) ? before + inQuotes(value) : whole,
  )

/** What PostgreSQL says of the row that broke a constraint. */
const rowKey = /\bKey \(([^\r\n]{1,256}?)\)=\([^\r\n]*?\)(?=[\s."']|$)/g

const redactRowKeys: Replace = (text) =>
  text.replace(rowKey, (whole, columns: string) =>
    columns.split(/\W+/).some(isSecretName) ? `Key (${columns})=(${replacement})` : whole,
  )

const element = /<((?:[\w-]{1,32}:)?([\w.-]{1,64}))((?:\s[^<>]{0,256})?)>[^<]{1,1024}(?=<\/\1>)/g

const redactElements: Replace = (text) =>
  text.replace(element, (whole, tag: string, name: string, attributes: string) =>
    isSecretName(name) ? `<${tag}${attributes}>${replacement}` : whole,
  )

/** Keys by the prefixes their issuers give them; gitleaks has most. */
const issued: readonly RegExp[] = [
  /\b(?:sk|pk|rk|alf)[-_][\w-]{8,}/g,
  /\b(?:gh[pousr]|github_pat|glpat|gl(?:dt|ft|soat|rt|cbt|ptt|imt|agent)|xox[abceprs]|xapp|whsec|npm|hf|pypi|dckr_pat|shp(?:at|ss|ca|pa)|lin_api|do[opr]_v1|glsa|glc|gsk|xai|pplx|r8|figd|ntn|tfp|pscale_(?:tkn|pw|oauth)|sntry[su]|rubygems|PMAK|NRAK|NRJS|sq0(?:atp|csp)|ops|key|CLOJARS|dp\.(?:pt|st)|nf[pcbou]|pat|phc|phx|ATATT3x|ATCTT3x|EZ[AT]K|fio-u|hvs|hvb|SG|ya29|GOCSPX|AGE-SECRET-KEY-1|cio|vercel|lsv2_pt|tvly|jina|sbp|re|fc)[-_.][\w.-]{10,}/g,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\bAGE-SECRET-KEY-1[A-Z0-9]{20,}/g,
  /\b(?:AC|SK)[a-f0-9]{32}\b/g,
  /\bdapi[a-f0-9]{32}\b/g,
  /\b\d{8,10}:[\w-]{35}\b/g,
  /\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/g,
  // JSON Web Tokens, then anything else that is long and looks like chance.
  /\beyJ[\w-]+(?:\.[\w-]+){1,4}/g,
  /\b(?=[\w-]{0,63}\d)[A-Za-z0-9_-]{40,}/g,
]

const personal: readonly (readonly [pattern: RegExp, put: string])[] = [
  // RFC 5321 limits the parts to 64 and 255 characters.
  [/[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, '[e-mail]'],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g, '[IBAN]'],
  [/\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b/g, '[SSN]'],
]

const cardNumber = /\b[2-6]\d{3}(?:[ -]?\d{2,6}){2,4}\b/g

/** Luhn's check sum, which a number by chance passes one time in ten. */
function isCard(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19) return false
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
  return sum % 10 === 0
}

const redactCards: Replace = (text) =>
  text.replace(cardNumber, (number) => (isCard(number.replace(/\D/g, '')) ? '[card]' : number))

/** What takes secrets and personal data out of a text, in order. */
export const secretTexts: readonly Replace[] = [
  replaceAll(/-----BEGIN [A-Z\d ]{1,40}-----[^]*?(?:-----END [A-Z\d ]{1,40}-----|$)/g),
  replaceAll(headerLine, `$1$2${replacement}`),
  replaceAll(headerVariable, `$1$2${replacement}`),
  replaceAll(headerPair, `$1"${replacement}"`),
  redactRowKeys,
  redactElements,
  ...schemes.map((scheme) => replaceAll(scheme, `$1 ${replacement}`)),
  (text) => text.replace(urlInText, redactUrl),
  redactAssignments,
  redactFlags,
  redactFlagPairs,
  ...issued.map((pattern) => replaceAll(pattern)),
  ...personal.map(([pattern, put]) => replaceAll(pattern, put)),
  redactCards,
]
