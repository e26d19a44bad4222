import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../network/free-port.ts'
import { startRedis } from './redis-service.ts'
import { createTestCertificate } from '../network/test-certificate.ts'

/** A Redis that takes TLS and asks for a password. */
export interface RedisWithTls extends AsyncDisposable {
  /** `rediss://:<password>@localhost:<port>`. */
  readonly url: string
  /** The authority that its certificate is from, PEM. */
  readonly ca: string
  stop(): Promise<void>
}

/**
 * Starts a Redis with a certificate for `localhost` that nobody trusts unless told to. Its password has characters
 * that a URL must escape.
 *
 * @throws Error when there is no server to start
 */
export async function startRedisWithTls(): Promise<RedisWithTls> {
  const { cert, key } = await createTestCertificate(['localhost'])
  const folder = await mkdtemp(join(tmpdir(), 'alfred-redis-tls-'))
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }
  const port = String(await freePort())
  const certFile = await file('cert.pem', cert)
  const settings = {
    'tls-port': port,
    'tls-cert-file': certFile,
    'tls-key-file': await file('key.pem', key),
    'tls-ca-cert-file': certFile,
    'tls-auth-clients': 'no',
    requirepass: 'p@ss word',
  }
  const redis = await startRedis({
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  })
  const stop = async (): Promise<void> => {
    await redis.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { url: `rediss://:p%40ss%20word@localhost:${port}`, ca: cert, stop, [Symbol.asyncDispose]: stop }
}
