import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clients } from './clients.ts'

/** Clients that send several requests at once, straight to an instance. */
export interface PipelinedClients extends Clients {
  /** The paths of the requests that were answered. */
  readonly answered: ReadonlySet<string>
}

const requestsAtOnce = 8

/** @param ports - of the instances that are ready now */
export function startPipelined(ports: () => readonly number[], count: number): PipelinedClients {
  const answered = new Set<string>()
  let stopped = false
  let lastId = 0

  /** Sends one batch, and the next after its answers, until the server closes the connection. */
  const useConnection = (port: number): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let waiting: string[] = []
      let received = ''
      const send = (): void => {
        waiting = Array.from({ length: requestsAtOnce }, () => `/pipelined/${String(++lastId)}`)
        socket.write(waiting.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
      }
      socket.setEncoding('latin1')
      socket.once('connect', send)
      socket.on('data', (chunk: string) => {
        received += chunk
        // Every answer ends with the last chunk, or with the body of two bytes.
        const answers = received.split('HTTP/1.1 200 OK').slice(1)
        const whole = answers.filter((answer) => /\r\n\r\n(?:2\r\n)?ok(?:\r\n0\r\n\r\n)?$/.test(answer))
        for (const path of waiting.slice(0, whole.length)) answered.add(path)
        if (whole.length < requestsAtOnce) return
        received = ''
        if (stopped) socket.end()
        else send()
      })
      socket.on('error', () => undefined)
      socket.once('close', () => {
        resolve()
      })
    })

  const client = async (): Promise<void> => {
    while (!stopped) {
      const ready = ports()
      const port = ready[lastId % ready.length]
      if (port !== undefined) await useConnection(port)
      await sleep(50)
    }
  }
  const clients = Array.from({ length: count }, client)
  return {
    answered,
    async stop() {
      stopped = true
      await Promise.all(clients)
    },
  }
}
