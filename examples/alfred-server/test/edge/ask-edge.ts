import { once } from 'node:events'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { type Agent, request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { type TestEdge, testName } from './start-edge.ts'

export interface EdgeAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface AskOptions {
  readonly method?: string | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
  readonly body?: string | undefined
  /** @default a new connection each time */
  readonly agent?: Agent | undefined
}

/** Asks an edge over TLS under its name, and checks its certificate. */
export function askEdge(
  { httpsPort, certificate }: Pick<TestEdge, 'httpsPort' | 'certificate'>,
  path: string,
  { method = 'GET', headers = {}, body, agent }: AskOptions = {},
): Promise<EdgeAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port: httpsPort,
        path,
        method,
        headers: { Host: `${testName}:${String(httpsPort)}`, ...headers },
        servername: testName,
        ca: certificate,
        agent: agent ?? false,
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        })
        response.once('error', reject)
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

/** Opens a TLS connection, for what Node's client would not send. */
export async function connectEdge(
  { httpsPort, certificate }: Pick<TestEdge, 'httpsPort' | 'certificate'>,
  options: Readonly<{
    servername?: string
    ALPNProtocols?: string[]
    maxVersion?: 'TLSv1.2'
    ecdhCurve?: string
  }> = {},
): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: httpsPort,
    servername: testName,
    ca: certificate,
    ...options,
  })
  await once(socket, 'secureConnect')
  return socket
}

/** Writes raw bytes and reads the answer until the edge closes. */
export async function askRaw(
  edge: Pick<TestEdge, 'httpsPort' | 'certificate'>,
  bytes: string,
): Promise<string> {
  const socket = await connectEdge(edge)
  socket.setEncoding('latin1')
  let answer = ''
  socket.on('data', (text: string) => {
    answer += text
  })
  socket.on('error', () => undefined)
  socket.write(bytes, 'latin1')
  await once(socket, 'close')
  return answer
}

/** @returns the serial number of the certificate that new connections are shown, which the client must trust */
export async function shownSerial(
  edge: Pick<TestEdge, 'httpsPort' | 'certificate'>,
): Promise<string | undefined> {
  const socket = await connectEdge(edge)
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}
