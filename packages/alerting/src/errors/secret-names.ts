/**
 * What the name of a secret has in it, anywhere: after gitleaks' generic rule and Sentry relay's list of fields, and what
 * connection strings and signed URLs call them.
 */
const secretPart =
  'passw(?:or)?d|passwd|passphrase|passcode|pwd|secret|token|jwt|bearer|credential|authori[sz]ation|cookie|signature|' +
  '(?:api|access|account|auth|client|consumer|deploy|encryption|license|master|private|service|session|shared|signing|storage|webhook)' +
  '[-_. ]?(?:access[-_. ]?)?key|api[-_. ]?hash|auth[-_. ]?header|session[-_. ]?id|connection[-_. ]?string|mnemonic|seed[-_. ]?phrase|' +
  // Without a sign between its words it could be a compass.
  '(?:admin|db|ftp|ldap|mail|mysql|pg|redis|root|smtp|sql|ssh|user)pass(?![a-z])'

/** Names that are a secret's only as a whole. */
const wholeName =
  'pass|pw|dsn|sig|sid|otp|totp|pin|auth|nonce_secret|csrf|xsrf|phpsessid|jsessionid|sessid|session'

/** Names that are a secret's as the last word of a longer one, as in `SMTP_PASS`; `spin` is none. */
const lastWord = 'pass|pw|dsn|otp|totp|pin'

/** The name of an assignment, before its sign. Bounded, so that it never runs over a text again and again. */
export const assignedName = `[\\w.-]{0,64}?(?:${secretPart})[\\w.-]{0,32}|(?<![\\w-])(?:[\\w.-]{1,64}?(?:${lastWord})(?![\\w.-])|${wholeName})`

const nameWithSecret = new RegExp(`${secretPart}|^(?:${wholeName})$|[-_. ](?:${lastWord})$`, 'i')

/** The last word of a name in camel case. */
const lastWordInCamelCase = /[a-z\d](?:Pass|Pw|Dsn|Otp|Totp|Pin|PW|DSN|OTP|TOTP|PIN)$/

/** What a name like this holds is about a secret, and none itself. */
const aboutSecret =
  /(?:type|name|(?<!(?:cookie|auth|authori[sz]ation)[-_. ]?)header|length|algorithm|issuer|required|missing|valid|expired)$/i

/** Counts of a language model's tokens, times and limits. */
const countsSecrets =
  /tokens?(?:$|[-_. ])|count|limit|total|usage|budget|expir|ttl|age|attempts|per|at$|ms$|in$/i

const plainNumber = /^(?:\d{1,12}(?:\.\d+)?|true|false|null|undefined)$/

/** Whether what stands under a name is a secret, but for plain numbers. */
export const isSecretName = (name: string): boolean =>
  (nameWithSecret.test(name) || lastWordInCamelCase.test(name)) && !aboutSecret.test(name)

/** Whether `value` is a secret, by the name that it stands under. */
export function isSecretMember(name: string, value: unknown): boolean {
  if (!isSecretName(name)) return false
  if (value === null || value === undefined) return false
  const isPlain =
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && plainNumber.test(value))
  return !(isPlain && countsSecrets.test(name))
}
