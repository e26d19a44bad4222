import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What clients saw; `resets` are connections that broke off instead of ending. */
export interface Tally {
  requests: number
  failed: number
  resets: number
  /** How often a stream was ended by its server and went on elsewhere. */
  resumed: number
}

/** Clients until they are stopped. */
export interface Clients {
  stop(): Promise<void>
}

/** Readers of the event log. */
export interface Readers extends Clients {
  /** Events that should have come and did not, or came twice; waits a while for those up to `last`. */
  lost(last: number): Promise<number>
}

/** Sends requests over kept-alive connections, each as soon as its last was answered. */
export function startRequests(port: number, connections: number, tally: Tally): Clients {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let stopped = false
  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const request = get({ port, host: '127.0.0.1', path: '/work', agent }, (response: IncomingMessage) => {
        let body = ''
        response.setEncoding('latin1')
        response.on('data', (chunk: string) => (body += chunk))
        response.on('end', () => {
          resolve(response.statusCode === 200 && body === 'ok')
        })
        response.on('error', () => {
          tally.resets += 1
          resolve(false)
        })
      })
      request.on('error', () => {
        tally.resets += 1
        resolve(false)
      })
    })
  const client = async (): Promise<void> => {
    while (!stopped) {
      const ok = await ask()
      tally.requests += 1
      if (!ok) tally.failed += 1
    }
  }
  const clients = Array.from({ length: connections }, client)
  return {
    async stop() {
      stopped = true
      await Promise.all(clients)
      agent.destroy()
    },
  }
}

/** Reads the log from one connection to the next. Resolves when the connection has ended. */
type Connect = (reader: Reader) => Promise<void>

class Reader {
  last: number | undefined
  lost = 0
  readonly stopping = new AbortController()

  take(event: number): void {
    if (this.last !== undefined) this.lost += Math.abs(event - this.last - 1)
    this.last = event
  }
}

function startReaders(count: number, connectOnce: Connect): Readers {
  const readers = Array.from({ length: count }, () => new Reader())
  const running = readers.map(async (reader) => {
    while (!reader.stopping.signal.aborted) await connectOnce(reader)
  })
  return {
    async lost(last) {
      const behind = (): Reader[] => readers.filter((reader) => (reader.last ?? -1) < last)
      for (let waited = 0; waited < 50 && behind().length > 0; waited++) await sleep(100)
      const missing = behind().reduce((sum, reader) => sum + last - (reader.last ?? -1), 0)
      return missing + readers.reduce((sum, reader) => sum + reader.lost, 0)
    },
    async stop() {
      for (const reader of readers) reader.stopping.abort()
      await Promise.all(running)
    },
  }
}

/** Reads the log over SSE, as a browser's EventSource does: it comes back after `retry` with `Last-Event-ID`. */
export function startSseReaders(port: number, count: number, tally: Tally): Readers {
  return startReaders(count, async (reader) => {
    const { signal } = reader.stopping
    let retryMs = 1000
    const ended = await new Promise<boolean>((resolve) => {
      const headers = reader.last === undefined ? {} : { 'Last-Event-ID': String(reader.last) }
      const request = get(
        { port, host: '127.0.0.1', path: '/events', headers, agent: false, signal },
        (response) => {
          response.on('error', () => {
            resolve(false)
          })
          response.on('end', () => {
            resolve(response.statusCode === 200)
          })
          let rest = ''
          response.setEncoding('utf8').on('data', (chunk: string) => {
            const lines = (rest + chunk).split('\n')
            rest = lines.pop() ?? ''
            for (const line of lines) {
              if (line.startsWith('data: ')) reader.take(Number(line.slice(6)))
              else if (line.startsWith('retry: ')) retryMs = Number(line.slice(7))
            }
          })
        },
      )
      request.on('error', () => {
        resolve(false)
      })
    })
    if (signal.aborted) return
    if (ended) tally.resumed += 1
    else tally.resets += 1
    await sleep(retryMs)
  })
}

/** Reads the log over WebSockets; a close with 1012 means to come back with the last number. */
export function startWebSocketReaders(port: number, count: number, tally: Tally): Readers {
  return startReaders(count, async (reader) => {
    const { signal } = reader.stopping
    const after = reader.last === undefined ? '' : `?after=${String(reader.last)}`
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/socket${after}`)
    const code = await new Promise<number>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        reader.take(Number(data))
      })
      socket.addEventListener('close', (event) => {
        resolve(event.code)
      })
      signal.addEventListener('abort', () => {
        socket.close()
      })
    })
    if (signal.aborted) return
    if (code === 1012) tally.resumed += 1
    else tally.resets += 1
    await sleep(100 + 200 * Math.random())
  })
}
