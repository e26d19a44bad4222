import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { connect } from 'node:tls'

/** A server whose certificate is looked at. */
export interface TlsServer {
  readonly host: string
  /** @default 443 */
  readonly port?: number | undefined
  /**
   * The name to ask for and to check the certificate against.
   * @default host
   */
  readonly servername?: string | undefined
  /** Certificates to trust besides none other, PEM. @default those that Node trusts */
  readonly ca?: string | undefined
}

/** A file of certificates in PEM. */
export interface CertificateFile {
  readonly file: string
}

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
  { host, port = 443, servername = host, ca }: TlsServer,
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
