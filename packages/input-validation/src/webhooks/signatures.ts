import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Who signs, each in a way of its own. */
export type WebhookSignature = 'github' | 'slack' | 'standard-webhooks' | 'stripe'

/** What a request says of its signature. */
export interface SignedRequest {
  /** Any of these may be the right one: a sender that rolls its secret signs with both. */
  readonly signatures: readonly Buffer[]
  /** When it was signed, in seconds since the epoch; `undefined` for a sender that does not say. */
  readonly timestamp: number | undefined
  /** What was signed, before the body. */
  readonly prefix: string
}

interface Scheme {
  /** @returns `undefined` where a field is missing or malformed */
  read(headers: IncomingHttpHeaders): SignedRequest | undefined
  /** The key of the HMAC. */
  keyOf(secret: string): Buffer
}

const one = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

const secondsOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined

const hexDigest = /^[0-9a-f]{64}$/i

const textKey = (secret: string): Buffer => Buffer.from(secret)

/** https://docs.stripe.com/webhooks#verify-manually */
const stripe: Scheme = {
  read(headers) {
    const pairs = (one(headers, 'stripe-signature') ?? '').split(',').map((pair) => pair.trim().split('='))
    const times = pairs.flatMap(([key, value]) => (key === 't' ? [value] : []))
    const timestamp = times.length === 1 ? secondsOf(times[0]) : undefined
    const signatures = pairs.flatMap(([key, value = '']) =>
      key === 'v1' && hexDigest.test(value) ? [Buffer.from(value, 'hex')] : [],
    )
    if (timestamp === undefined || signatures.length === 0) return undefined
    return { signatures, timestamp, prefix: `${String(timestamp)}.` }
  },
  keyOf: textKey,
}

/** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
const github: Scheme = {
  read(headers) {
    const [, digest] = /^sha256=([0-9a-f]{64})$/i.exec(one(headers, 'x-hub-signature-256') ?? '') ?? []
    if (digest === undefined) return undefined
    return { signatures: [Buffer.from(digest, 'hex')], timestamp: undefined, prefix: '' }
  },
  keyOf: textKey,
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
const slack: Scheme = {
  read(headers) {
    const [, digest] = /^v0=([0-9a-f]{64})$/i.exec(one(headers, 'x-slack-signature') ?? '') ?? []
    const timestamp = secondsOf(one(headers, 'x-slack-request-timestamp'))
    if (digest === undefined || timestamp === undefined) return undefined
    return { signatures: [Buffer.from(digest, 'hex')], timestamp, prefix: `v0:${String(timestamp)}:` }
  },
  keyOf: textKey,
}

const secretPrefix = 'whsec_'

/**
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, as OpenAI sends, and Svix with
 * names of its own: https://docs.svix.com/receiving/verifying-payloads/how-manual
 */
const standardWebhooks: Scheme = {
  read(headers) {
    const names = headers['webhook-signature'] === undefined ? 'svix' : 'webhook'
    const id = one(headers, `${names}-id`)
    const timestamp = secondsOf(one(headers, `${names}-timestamp`))
    const signatures = (one(headers, `${names}-signature`) ?? '').split(' ').flatMap((each) => {
      const [, digest] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(each) ?? []
      return digest === undefined ? [] : [Buffer.from(digest, 'base64')]
    })
    if (id === undefined || timestamp === undefined || signatures.length === 0) return undefined
    return { signatures, timestamp, prefix: `${id}.${String(timestamp)}.` }
  },
  keyOf: (secret) =>
    Buffer.from(secret.slice(secret.startsWith(secretPrefix) ? secretPrefix.length : 0), 'base64'),
}

/** How each sender signs. All are HMAC-SHA256 of the body's bytes as they were sent. */
export const schemes: Readonly<Record<WebhookSignature, Scheme>> = {
  github,
  slack,
  'standard-webhooks': standardWebhooks,
  stripe,
}

/** Whether one of the secrets made one of the signatures. */
export function isSignedBy(
  keys: readonly Buffer[],
  { signatures, prefix }: SignedRequest,
  body: Buffer,
): boolean {
  return keys.some((key) => {
    const expected = createHmac('sha256', key).update(prefix).update(body).digest()
    return signatures.some((signature) => timingSafeEqual(expected, signature))
  })
}
