import { createHash, createHmac } from 'node:crypto'

/** Who asks an object storage. */
export interface StorageCredentials {
  readonly accessKey: string
  readonly secretKey: string
}

/** A request to be signed. */
export interface UnsignedRequest {
  readonly method: string
  /** Its path has no characters that need an escape. */
  readonly url: URL
  /** Of what is sent, in hexadecimal. */
  readonly bodySha256: string
  /** More headers to sign, named in small letters. */
  readonly headers: Readonly<Record<string, string>>
}

/** Where and when a request is signed. */
export interface SigningScope {
  readonly credentials: StorageCredentials
  readonly region: string
  readonly now: Date
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** `encodeURIComponent` leaves `!'()*` alone, which the signature wants escaped. */
const escapeQuery = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/**
 * AWS Signature Version 4 in the `Authorization` header, as every S3-compatible storage takes it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * @returns all headers to send
 */
export function signRequest(
  { method, url, bodySha256, headers }: UnsignedRequest,
  { credentials, region, now }: SigningScope,
): Readonly<Record<string, string>> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const signed: Readonly<Record<string, string>> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': bodySha256,
    'x-amz-date': time,
  }
  const names = Object.keys(signed).sort()
  const query = [...url.searchParams]
    .map(([name, value]) => `${escapeQuery(name)}=${escapeQuery(value)}`)
    .sort()
    .join('&')
  const canonical = [
    method,
    url.pathname,
    query,
    ...names.map((name) => `${name}:${(signed[name] ?? '').trim()}`),
    '',
    names.join(';'),
    bodySha256,
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretKey}`,
  )
  const signature = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKey}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`
  return { ...signed, authorization }
}
