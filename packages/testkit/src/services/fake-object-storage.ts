import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/**
 * What goes wrong in the storage: it refuses writes, lets nobody delete, keeps half of what it is sent, or has another
 * clock.
 */
export type StorageFault = 'refuse' | 'refuse delete' | 'truncate' | 'other clock'

/** A storage that speaks as much of S3 as backups need: put, get, list in pages, delete. */
export interface FakeObjectStorage extends AsyncDisposable {
  /** With the bucket in its path. */
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  /** What it holds, by key; tests may change it. */
  readonly objects: Map<string, Buffer>
  /** The faults that it has now. */
  readonly faults: Set<StorageFault>
  stop(): Promise<void>
}

const bucket = 'backups'
const pageSize = 5
const skewMs = 60 * 60_000

/** Starts one on a free port of 127.0.0.1. It takes requests with a right signature and checksums alone. */
export async function startFakeObjectStorage(): Promise<FakeObjectStorage> {
  const accessKey = 'test-access-key'
  const secretKey = 'test/secret+key'
  const objects = new Map<string, Buffer>()
  const faults = new Set<StorageFault>()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request)
    const now = Date.now() + (faults.has('other clock') ? skewMs : 0)
    response.sendDate = false
    response.setHeader('Date', new Date(now).toUTCString())
    const fail = (status: number, code: string): void => {
      response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`)
    }
    if (!isSigned(request, body, accessKey, secretKey)) {
      fail(403, 'SignatureDoesNotMatch')
      return
    }
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = url.pathname.slice(`/${bucket}/`.length)
    if (request.method === 'PUT') {
      const sum = request.headers['x-amz-checksum-sha256']
      if (faults.has('refuse')) fail(507, 'InsufficientStorage')
      else if (sum !== createHash('sha256').update(body).digest('base64')) fail(400, 'BadDigest')
      else {
        objects.set(key, faults.has('truncate') ? body.subarray(0, body.length / 2) : body)
        response.end()
      }
    } else if (request.method === 'DELETE') {
      if (faults.has('refuse delete')) fail(403, 'AccessDenied')
      else {
        objects.delete(key)
        response.writeHead(204).end()
      }
    } else if (url.searchParams.get('list-type') === '2') response.end(listPage(objects, url))
    else {
      const found = objects.get(key)
      if (found) response.end(found)
      else fail(404, 'NoSuchKey')
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return {
    url: `http://127.0.0.1:${String(port)}/${bucket}`,
    accessKey,
    secretKey,
    objects,
    faults,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Pages are short, so that a client which reads one alone is noticed. */
function listPage(objects: ReadonlyMap<string, Buffer>, { searchParams }: URL): string {
  const prefix = searchParams.get('prefix') ?? ''
  const after = searchParams.get('continuation-token') ?? ''
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort()
  const page = keys.slice(0, pageSize)
  const contents = page.map(
    (key) => `<Contents><Key>${key}</Key><Size>${String(objects.get(key)?.length)}</Size></Contents>`,
  )
  const isTruncated = keys.length > page.length
  const next = isTruncated ? `<NextContinuationToken>${page.at(-1) ?? ''}</NextContinuationToken>` : ''
  return `<ListBucketResult><IsTruncated>${String(isTruncated)}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`
}

/** Computes the signature of version 4 again, from what arrived. */
function isSigned(request: IncomingMessage, body: Buffer, accessKey: string, secretKey: string): boolean {
  const { authorization = '' } = request.headers
  const [, key, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      authorization,
    ) ?? []
  const sum = createHash('sha256').update(body).digest('hex')
  if (key !== accessKey || request.headers['x-amz-content-sha256'] !== sum) return false
  const [path = '', query = ''] = (request.url ?? '').split('?')
  const lines = names.split(';').map((name) => `${name}:${String(request.headers[name])}\n`)
  const parameters = query.replaceAll('+', '%20').split('&').sort().join('&')
  const canonical = [request.method, path, parameters, lines.join(''), names, sum].join('\n')
  const time = String(request.headers['x-amz-date'])
  const digest = createHash('sha256').update(canonical).digest('hex')
  let signingKey: string | Buffer = `AWS4${secretKey}`
  for (const part of [...scope.split('/'), `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`]) {
    signingKey = createHmac('sha256', signingKey).update(part).digest()
  }
  return Buffer.from(signingKey).toString('hex') === signature
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
