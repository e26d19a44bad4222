import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** How to load a server. */
export interface SaturatingLoadOptions {
  readonly connections: number
  readonly ms: number
  /** The status of every answer. */
  readonly status: number
}

/** What came of it. */
export interface SaturatingLoadResult {
  readonly requestsPerSecond: number
  /** The part of the time in which the load generator itself was busy: near 1 it measured itself. */
  readonly generatorBusy: number
}

const headEnd = '\r\n\r\n'

/** The length of an answer, header and body; `undefined` while its header is not whole. */
function answerLength(text: string): number | undefined {
  const end = text.indexOf(headEnd)
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return end === -1 || length === undefined ? undefined : end + headEnd.length + Number(length)
}

/**
 * Loads a server from this process with little work of its own, less than any HTTP client does, so that the server is
 * what limits: each connection writes the same bytes again once the last answer has come.
 *
 * @throws Error when an answer has another status, or a connection breaks
 */
export async function saturate(
  url: string,
  { connections, ms, status }: SaturatingLoadOptions,
): Promise<SaturatingLoadResult> {
  const { hostname, port, host, pathname } = new URL(url)
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${headEnd.slice(2)}`
  const begins = `HTTP/1.1 ${String(status)} `
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(Number(port), hostname).setNoDelay().setEncoding('latin1')
      await once(socket, 'connect')
      return socket
    }),
  )
  let answers = 0
  const startedAt = performance.now()
  const before = performance.eventLoopUtilization()

  const drive = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let buffered = ''
      socket.on('error', reject)
      socket.on('close', () => {
        reject(new Error(`${url}: the connection was closed`))
      })
      socket.on('data', (text: string) => {
        buffered += text
        const length = answerLength(buffered)
        if (length === undefined || buffered.length < length) return
        if (!buffered.startsWith(begins)) reject(new Error(`${url}: ${buffered.slice(0, 80)}`))
        buffered = ''
        answers += 1
        if (performance.now() - startedAt < ms) socket.write(request)
        else resolve()
      })
      socket.write(request)
    })
  try {
    await Promise.all(sockets.map(drive))
    const tookMs = performance.now() - startedAt
    const { utilization } = performance.eventLoopUtilization(before)
    return { requestsPerSecond: (answers * 1000) / tookMs, generatorBusy: utilization }
  } finally {
    for (const socket of sockets) socket.removeAllListeners('close').destroy()
  }
}
