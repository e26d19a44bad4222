import { isSecretMember } from './secret-names.ts'

const replacement = '[redacted]'

/** Parameters that open something, though their names do not say so: signed URLs, OAuth answers, maps. */
const secretParameters = new Set(['sig', 'sign', 'code', 'key', 'se', 'hmac', 'hash', 'ticket', 'assertion'])

/** Services whose webhooks are opened by their path alone. */
const webhooks: readonly (readonly [host: RegExp, path: RegExp])[] = [
  [/^hooks\.slack(?:-gov)?\.com$/, /^(\/(?:services|workflows|triggers)\/).+/],
  [/^(?:\w+\.)?discord(?:app)?\.com$/, /^(\/api\/(?:v\d+\/)?webhooks\/).+/],
  [/(?:^|\.)webhook\.office\.com$|^outlook\.office(?:365)?\.com$/, /^(\/webhook(?:b2)?\/).+/],
  [/\.logic\.azure\.com$/, /^(\/workflows\/).+/],
  [/^hooks\.zapier\.com$/, /^(\/hooks\/catch\/).+/],
  [/^maker\.ifttt\.com$/, /^(\/trigger\/[^/]*\/(?:json\/)?with\/key\/).+/],
  [/^api\.telegram\.org$/, /^(\/(?:file\/)?bot).+/],
  [/^events\.pagerduty\.com$/, /^(\/integration\/).+/],
  [/^(?:api|alert)\.opsgenie\.com$|^(?:alert\.)?victorops\.com$/, /^(\/integrations\/).+/],
  [/^hc-ping\.com$/, /^(\/).+/],
]

/** A URL with a scheme, as it stands in a text. */
export const urlInText = /\b[a-z][a-z\d+.-]{1,20}:\/\/[^\s"'<>`|\\]{1,2048}/gi

/** What follows a colon is a password unless it is a port, and may hold a slash then: https://user:p/ss@host. */
const httpUser = /^(https?:\/\/)(?:[^/?#@:[]*:(?!\d{1,5}(?:[/?#]|$))[^?#]*@|[^/?#@]*(?:@[^/?#@]*)*@)/i

/** Takes user and password, secret parameters and the paths of webhooks out of a URL; all else stays as it is written. */
export function redactUrl(text: string): string {
  // A password may hold what ends the authority, as in postgres://user:p@ss/word@host: then all up to the last @ is it.
  const withoutUser = /^https?:/i.test(text)
    ? text.replace(httpUser, `$1${replacement}@`)
    : text.replace(/^([^:]+:\/\/).*@/, `$1${replacement}@`)
  return redactParameters(redactWebhook(withoutUser, text))
}

function redactWebhook(text: string, original: string): string {
  if (!URL.canParse(original)) return text
  const { hostname, pathname } = new URL(original)
  for (const [host, path] of webhooks) {
    const kept = host.test(hostname) ? path.exec(pathname)?.[1] : undefined
    if (kept === undefined) continue
    const start = text.indexOf(kept, text.indexOf('://') + 3)
    if (start !== -1) return text.slice(0, start + kept.length) + replacement
  }
  return text
}

const redactParameters = (text: string): string =>
  text.replace(/([?&#;])([^=&#;?]{1,64})=([^&#;]*)/g, (pair, sign: string, name: string, value: string) =>
    secretParameters.has(name.toLowerCase()) || isSecretMember(name, value)
      ? `${sign}${name}=${replacement}`
      : pair,
  )
