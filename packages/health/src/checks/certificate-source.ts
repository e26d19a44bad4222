import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { option, type Options, type Resolved } from '@alfred/core'

const serverShape = option.object({
  /** Its name or address. */
  host: option.string(),
  /** @default 443 */
  port: option.integer({ min: 1, max: 65_535 }).default(443),
  /**
   * The name to ask for and to check the certificate against.
   * @default host
   */
  servername: option.string().optional(),
  /** Certificates to trust besides none other, PEM. @default those that Node trusts */
  ca: option.string().optional(),
})

/** A server whose certificate is looked at. */
export interface TlsServer extends Options<typeof serverShape> {}

const fileShape = option.object({
  /** Its path. */
  file: option.string(),
})

/** A file of certificates in PEM. */
export interface CertificateFile extends Options<typeof fileShape> {}

/** The rule for where certificates are. */
export const certificateSourceRule = option.anyOf('a file or a server', fileShape, serverShape)

/** Certificates from the leaf on, and why they are not to be trusted, if so. */
export interface FoundCertificates {
  readonly chain: readonly X509Certificate[]
  readonly refusal: string | undefined
}

const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g

export async function readCertificateFile(
  { file }: CertificateFile,
  signal: AbortSignal,
): Promise<FoundCertificates> {
  const pem = await readFile(file, { encoding: 'latin1', signal })
  return { chain: pem.match(pemBlock)?.map((block) => new X509Certificate(block)) ?? [], refusal: undefined }
}

/** Shakes hands and hangs up: nothing is sent, so a connection that is not to be trusted does no harm. */
export async function askTlsServer(
  { host, port, servername = host, ca }: Resolved<typeof serverShape>,
  signal: AbortSignal,
): Promise<FoundCertificates> {
  const socket = connect({
    host,
    port,
    ...(isIP(servername) ? {} : { servername }),
    ...(ca === undefined ? {} : { ca }),
    // An expired certificate would end the handshake before its date could be read; what Node found is
    // reported below.
    rejectUnauthorized: false,
  })
  const abort = (): void => {
    socket.destroy(new DOMException('the check was aborted', 'AbortError'))
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    await once(socket, 'secureConnect')
    const chain: X509Certificate[] = []
    let next = socket.getPeerX509Certificate()
    while (next && !chain.some((other) => other.fingerprint256 === next?.fingerprint256)) {
      chain.push(next)
      next = next.issuerCertificate
    }
    const refusal = socket.authorized ? undefined : String(socket.authorizationError)
    return { chain, refusal }
  } finally {
    signal.removeEventListener('abort', abort)
    socket.on('error', () => undefined).destroy()
  }
}
