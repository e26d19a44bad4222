import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type StorageCredentials, signRequest } from './sign-request.ts'

/** Where backups are kept: any storage that speaks S3. */
export interface ObjectStorageOptions {
  /** `https://ENDPOINT/BUCKET/PREFIX`, in the form that names the bucket in the path. */
  readonly url: URL
  readonly region: string
  readonly credentials: StorageCredentials
}

/** A file to be sent. */
export interface StoredFile {
  readonly path: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** An object as a list names it, with its key below the prefix. */
export interface StoredObject {
  readonly key: string
  readonly bytes: number
}

/** Keys have letters, digits, `-`, `.`, `_` and `/` alone. */
export interface ObjectStorage {
  /** Sends a file, reads it back, and throws unless its bytes are the same. */
  put(key: string, file: StoredFile, signal: AbortSignal): Promise<void>
  /** Sends a short text, with the same check. */
  putText(key: string, text: string, signal: AbortSignal): Promise<void>
  read(key: string, signal: AbortSignal): Promise<Readable>
  readText(key: string, signal: AbortSignal): Promise<string>
  list(signal: AbortSignal): Promise<readonly StoredObject[]>
  remove(key: string, signal: AbortSignal): Promise<void>
  /** What the clock of the storage says. */
  now(signal: AbortSignal): Promise<Date>
}

/** S3 takes 5 GiB in one request. */
const maxPutBytes = 5 * 1024 ** 3
const maxTextBytes = 16 * 1024 ** 2
const safeKey = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/
const emptySha256 = createHash('sha256').digest('hex')

/** @throws Error when the URL names no bucket, or has a prefix with other characters than keys may have */
export function openObjectStorage({ url, region, credentials }: ObjectStorageOptions): ObjectStorage {
  const [bucket = '', ...parts] = url.pathname.split('/').filter(Boolean)
  const prefix = parts.join('/')
  if (!safeKey.test(bucket) || (prefix !== '' && !safeKey.test(prefix))) {
    throw new Error(
      'the URL of the storage must be https://ENDPOINT/BUCKET or https://ENDPOINT/BUCKET/PREFIX',
    )
  }
  const below = prefix === '' ? '' : `${prefix}/`

  function send(method: string, target: URL, signal: AbortSignal, sent?: Sent): Promise<IncomingMessage> {
    const bodySha256 = sent?.sha256 ?? emptySha256
    const checksum = Buffer.from(bodySha256, 'hex').toString('base64')
    const headers = signRequest(
      { method, url: target, bodySha256, headers: sent ? { 'x-amz-checksum-sha256': checksum } : {} },
      { credentials, region, now: new Date() },
    )
    return ask({ method, url: target, headers, sent, signal })
  }

  const urlOf = (key: string): URL => {
    if (!safeKey.test(key)) throw new Error(`${JSON.stringify(key)} is no key of an object`)
    return new URL(`/${bucket}/${below}${key}`, url)
  }

  function listUrl(parameters: Readonly<Record<string, string>>): URL {
    const target = new URL(`/${bucket}`, url)
    target.search = new URLSearchParams({ 'list-type': '2', prefix: below, ...parameters }).toString()
    return target
  }

  const get = (key: string, signal: AbortSignal): Promise<IncomingMessage> => send('GET', urlOf(key), signal)

  async function put(key: string, sent: Sent, signal: AbortSignal): Promise<void> {
    if (sent.bytes > maxPutBytes) throw new Error(`${key} is larger than 5 GiB: use continuous archiving`)
    ;(await send('PUT', urlOf(key), signal, sent)).resume()
    const found = await digestOf(await get(key, signal))
    if (found.sha256 === sent.sha256 && found.bytes === sent.bytes) return
    throw new Error(`the storage holds ${key} with other bytes than were sent`)
  }

  return {
    put: (key, file, signal) => put(key, { ...file, open: () => createReadStream(file.path) }, signal),
    putText(key, text, signal) {
      const content = Buffer.from(text)
      const sha256 = createHash('sha256').update(content).digest('hex')
      return put(key, { bytes: content.length, sha256, open: () => Readable.from([content]) }, signal)
    },
    read: get,
    readText: async (key, signal) => readBody(await get(key, signal)),
    async list(signal) {
      const found: StoredObject[] = []
      let next: string | undefined
      do {
        const page = await readBody(
          await send('GET', listUrl(next === undefined ? {} : { 'continuation-token': next }), signal),
        )
        found.push(...objectsIn(page).map(({ key, bytes }) => ({ key: key.slice(below.length), bytes })))
        next =
          elementOf(page, 'IsTruncated') === 'true' ? elementOf(page, 'NextContinuationToken') : undefined
      } while (next !== undefined)
      return found
    },
    async remove(key, signal) {
      ;(await send('DELETE', urlOf(key), signal)).resume()
    },
    async now(signal) {
      const answer = await send('GET', listUrl({ 'max-keys': '1' }), signal)
      answer.resume()
      const date = new Date(answer.headers.date ?? '')
      if (Number.isNaN(date.getTime())) throw new Error('the storage does not say what time it is')
      return date
    },
  }
}

/** What a request carries. */
interface Sent {
  readonly bytes: number
  readonly sha256: string
  readonly open: () => Readable
}

interface Question {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly sent: Sent | undefined
  readonly signal: AbortSignal
}

/** @throws Error with the storage's own code for anything but a success */
async function ask({ method, url, headers, sent, signal }: Question): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const length = sent ? { 'content-length': String(sent.bytes) } : {}
  const question = request(url, { method, headers: { ...headers, ...length }, signal, agent: false })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    question.once('response', resolve).once('error', reject)
  })
  const sending = pipeline(sent ? sent.open() : Readable.from([]), question)
  // A storage may answer, and close, before it has read everything: then its answer counts.
  sending.catch(() => undefined)
  const answer = await answered
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) return answer
  const code = elementOf(await readBody(answer).catch(() => ''), 'Code') ?? ''
  throw new Error(`${method} ${url.pathname} was answered with ${`${String(status)} ${code}`.trim()}`)
}

async function readBody(answer: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxTextBytes) throw new Error('the answer of the storage is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function digestOf(stream: Readable): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

const elementOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]

/** Keys are our own: they hold nothing that XML escapes. */
function objectsIn(page: string): readonly StoredObject[] {
  return [...page.matchAll(/<Contents>([^]*?)<\/Contents>/g)].map(([, content = '']) => ({
    key: elementOf(content, 'Key') ?? '',
    bytes: Number(elementOf(content, 'Size')),
  }))
}
