import { createHash, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'

/** A certificate that nobody trusts unless told to. */
export interface TestCertificate {
  /** PEM. */
  readonly key: string
  /** PEM. It signs itself, so a client that is given it as an authority accepts it. */
  readonly cert: string
  /** SHA-256 of its public key, base64: for Chromium's `--ignore-certificate-errors-spki-list`. */
  readonly publicKeyHash: string
}

/**
 * Makes a self-signed certificate that is valid for a day.
 *
 * @param names - host names it is for, such as `localhost` or `*.example.test`
 *
 * @example
 * const { key, cert } = await createTestCertificate(['localhost'])
 * const server = createServer({ key, cert })
 */
export async function createTestCertificate(names: readonly [string, ...string[]]): Promise<TestCertificate> {
  const dayMs = 86_400_000
  // A little in the past: two clocks may differ.
  const notBeforeDate = new Date(Date.now() - 60_000)
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0] }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate: new Date(notBeforeDate.getTime() + dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ],
  })
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return { key, cert, publicKeyHash: createHash('sha256').update(publicKey).digest('base64') }
}
