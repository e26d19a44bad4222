import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { TLSSocket } from 'node:tls'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface SmokeOptions {
  /** The edge's folder, whose certificate is what a client must get. */
  readonly folder: string
  readonly host: string
  readonly address: string
  readonly port: number
}

/** The edge takes turns between the slots: enough requests to meet both. */
const requests = 6

/** Asks the app through the edge over TLS, new connections each. Throws when an answer is not 200. */
export async function smokeThroughEdge(options: SmokeOptions, signal: AbortSignal): Promise<void> {
  const file = join(options.folder, 'certificates/current/fullchain.pem')
  const { fingerprint256 } = new X509Certificate(await readFile(file))
  for (let asked = 0; asked < requests; asked += 1) {
    const status = await ask(options, fingerprint256, signal)
    if (status !== 200) throw new Error(`/readyz through the edge answered ${String(status)}`)
  }
}

function ask(
  { host, address, port }: SmokeOptions,
  fingerprint: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: address,
        port,
        path: '/readyz',
        servername: host,
        headers: { Host: port === 443 ? host : `${host}:${String(port)}` },
        agent: false,
        signal,
        // The very certificate is compared instead, whoever signed it.
        rejectUnauthorized: false,
      },
      (response) => {
        const { socket } = response
        const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
        if (shown?.fingerprint256 !== fingerprint) {
          sent.destroy(new Error('the edge shows another certificate than certificates/current'))
          return
        }
        response.resume()
        response.once('end', () => {
          resolve(response.statusCode)
        })
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end()
  })
}
