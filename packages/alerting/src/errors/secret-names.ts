/**
 * What the name of a secret has in it, anywhere: after gitleaks' generic rule and Sentry relay's list of fields, and what
 * connection strings and signed URLs call them.
 */
const secretPart =
  'passw(?:or)?d|passwd|passphrase|passcode|pwd|secret|token|jwt|bearer|credential|authori[sz]ation|cookie|signature|' +
  '(?:api|access|account|auth|client|consumer|deploy|encryption|license|master|private|service|session|shared|signing|storage|webhook)' +
  '[-_. ]?(?:access[-_. ]?)?key|api[-_. ]?hash|session[-_. ]?id|connection[-_. ]?string|mnemonic|seed[-_. ]?phrase'

/** Names that are a secret's only as a whole. */
const wholeName =
  'pass|pw|dsn|sig|sid|otp|totp|pin|auth|nonce_secret|csrf|xsrf|phpsessid|jsessionid|sessid|session'

/** The name of an assignment, before its sign. Bounded, so that it never runs over a text again and again. */
export const assignedName = `[\\w.-]{0,64}?(?:${secretPart})[\\w.-]{0,32}|(?<![\\w-])(?:${wholeName})`

const nameWithSecret = new RegExp(`${secretPart}|^(?:${wholeName})$`, 'i')

/** What a name like this holds is about a secret, and none itself. */
const aboutSecret = /(?:type|name|header|length|algorithm|issuer|required|missing|valid|expired)$/i

/** Counts of a language model's tokens, times and limits. */
const countsSecrets =
  /tokens?(?:$|[-_. ])|count|limit|total|usage|budget|expir|ttl|age|attempts|per|at$|ms$|in$/i

const plainNumber = /^(?:\d{1,12}(?:\.\d+)?|true|false|null|undefined)$/

/** Whether `value` is a secret, by the name that it stands under. */
export function isSecretMember(name: string, value: unknown): boolean {
  if (!nameWithSecret.test(name) || aboutSecret.test(name)) return false
  if (value === null || value === undefined) return false
  const isPlain =
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    (typeof value === 'string' && plainNumber.test(value))
  return !(isPlain && countsSecrets.test(name))
}
