import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { closeServer } from '../network/close-server.ts'

/** A local server with the two calls of AWS KMS that keep data keys. */
export interface FakeKms extends AsyncDisposable {
  readonly url: string
  readonly keyId: string
  /** The targets of all requests so far, such as `TrentService.Encrypt`. */
  readonly requests: readonly string[]
  /** Answers every request with this error until told otherwise, or none. */
  failWith(type: string | undefined): void
  close(): Promise<void>
}

const nonceBytes = 12
const tagBytes = 16

/**
 * Starts a server that speaks KMS' JSON 1.1 protocol: `Encrypt` and `Decrypt` with a symmetric key, whose encryption
 * context is the additional data of AES-256-GCM, and its error types.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
 */
export async function startFakeKms(): Promise<FakeKms> {
  const key = randomBytes(32)
  const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab'
  const requests: string[] = []
  let failure: string | undefined

  const contextOf = (body: Record<string, unknown>): Buffer =>
    Buffer.from(JSON.stringify(Object.entries(body['EncryptionContext'] ?? {}).sort()))

  const answer = (target: string, body: Record<string, unknown>): object => {
    if (body['KeyId'] !== keyId) return { __type: 'NotFoundException' }
    if (target === 'TrentService.Encrypt') {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(
        contextOf(body),
      )
      const bytes = [cipher.update(Buffer.from(String(body['Plaintext']), 'base64')), cipher.final()]
      const blob = Buffer.concat([nonce, ...bytes, cipher.getAuthTag()])
      return {
        CiphertextBlob: blob.toString('base64'),
        KeyId: keyId,
        EncryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      }
    }
    const blob = Buffer.from(String(body['CiphertextBlob']), 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, blob.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(contextOf(body)).setAuthTag(blob.subarray(-tagBytes))
      const bytes = [decipher.update(blob.subarray(nonceBytes, -tagBytes)), decipher.final()]
      return { Plaintext: Buffer.concat(bytes).toString('base64'), KeyId: keyId }
    } catch {
      return { __type: 'InvalidCiphertextException' }
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const target = String(request.headers['x-amz-target'])
      requests.push(target)
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
      const answered = failure === undefined ? answer(target, body) : { __type: failure }
      const status = '__type' in answered ? 400 : 200
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(answered))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> => closeServer(server)
  return {
    url: `http://127.0.0.1:${String(port)}`,
    keyId,
    requests,
    failWith(type) {
      failure = type
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
