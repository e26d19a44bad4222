import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { type TestEdge, testName } from '../edge/start-edge.ts'

/** What clients saw. */
export interface Tally {
  requests: number
  /** Answers that were not 200 with the right body. */
  failed: number
  /** Connections that broke off. */
  resets: number
  /** Streams that ended before their last event. */
  cutStreams: number
  streams: number
  /** Events that a WebSocket missed, and such that came twice. */
  lost: number
  doubled: number
  /** WebSockets that were closed with another code than 1012. */
  closedOtherwise: number
  resumed: number
  maxResumeMs: number
  /** The first few reasons, for a person. */
  readonly reasons: string[]
}

export const emptyTally = (): Tally => ({
  requests: 0,
  failed: 0,
  resets: 0,
  cutStreams: 0,
  streams: 0,
  lost: 0,
  doubled: 0,
  closedOtherwise: 0,
  resumed: 0,
  maxResumeMs: 0,
  reasons: [],
})

export interface LoadOptions {
  /** Clients that ask one request after the other on a kept connection, GET and POST in turn. */
  readonly clients: number
  readonly streams: number
  readonly sockets: number
  /** How long a client waits between two requests, ms. @default no time */
  readonly idleMs?: (() => number) | undefined
}

export interface Load {
  readonly tally: Tally
  stop(): Promise<Tally>
}

/** A client that no limit counts twice: the edge of the tests believes its peer. */
const anyAddress = (): string =>
  `10.${[0, 0, 0].map(() => String(Math.floor(Math.random() * 256))).join('.')}`

interface Answer {
  readonly status: number
  readonly body: string
}

/** Puts an edge under load until it is stopped. */
export function startLoad(edge: Pick<TestEdge, 'httpsPort' | 'certificate'>, options: LoadOptions): Load {
  const tally = emptyTally()
  const stopping = new AbortController()
  const { signal } = stopping
  const isOver = (): boolean => signal.aborted
  const note = (reason: string): void => {
    if (tally.reasons.length < 10) tally.reasons.push(reason)
  }

  const ask = (agent: Agent, method: 'GET' | 'POST', path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: edge.httpsPort,
          path,
          method,
          agent,
          ca: edge.certificate,
          servername: testName,
          headers: {
            Host: testName,
            'X-Forwarded-For': anyAddress(),
            ...(method === 'POST' && { 'Content-Type': 'application/json', 'Content-Length': 15 }),
          },
        },
        (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => {
            body += text
          })
          response.once('end', () => {
            resolve({ status: response.statusCode ?? 0, body })
          })
          response.once('error', reject)
        },
      )
      sent.once('error', reject)
      sent.end(method === 'POST' ? '{"message":"x"}' : undefined)
    })

  async function askOnce(agent: Agent, method: 'GET' | 'POST'): Promise<void> {
    const path = method === 'POST' ? '/api/alfred/chat' : '/work'
    try {
      const { status, body } = await ask(agent, method, path)
      tally.requests += 1
      const isRight = status === 200 && body.endsWith(method === 'POST' ? ' 15' : ' 0')
      if (isRight) return
      tally.failed += 1
      note(`${method}: ${String(status)} ${body.slice(0, 80)}`)
    } catch (error) {
      tally.requests += 1
      tally.resets += 1
      note(`${method}: ${String(error)}`)
    }
  }

  async function client(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let asked = 0; !isOver(); asked += 1) {
      await askOnce(agent, asked % 2 === 0 ? 'GET' : 'POST')
      if (options.idleMs) await sleep(options.idleMs(), undefined, { signal }).catch(() => undefined)
    }
    agent.destroy()
  }

  async function reader(): Promise<void> {
    const agent = new Agent({ keepAlive: false })
    while (!isOver()) {
      try {
        const { status, body } = await ask(agent, 'GET', '/api/stream')
        const events = body.match(/^data: \d+$/gm)?.length ?? 0
        tally.streams += 1
        if (status === 200 && events === 30) continue
        tally.cutStreams += 1
        note(`SSE: ${String(status)} after ${String(events)} events`)
      } catch (error) {
        tally.cutStreams += 1
        note(`SSE: ${String(error)}`)
      }
    }
  }

  return {
    tally,
    stop: stopAll([
      ...Array.from({ length: options.clients }, client),
      ...Array.from({ length: options.streams }, reader),
      ...Array.from({ length: options.sockets }, () => followEvents(edge, tally, signal, note)),
    ]),
  }

  function stopAll(running: readonly Promise<void>[]): () => Promise<Tally> {
    return async () => {
      stopping.abort()
      await Promise.all(running)
      return tally
    }
  }
}

/** Reads numbered events over WebSockets; a close means to come back with the last number. */
async function followEvents(
  edge: Pick<TestEdge, 'httpsPort' | 'certificate'>,
  tally: Tally,
  signal: AbortSignal,
  note: (reason: string) => void,
): Promise<void> {
  const isOver = (): boolean => signal.aborted
  let last: number | undefined
  let closedAt: number | undefined
  while (!isOver()) {
    const after = last === undefined ? '' : `?after=${String(last)}`
    const socket = new WebSocket(`wss://127.0.0.1:${String(edge.httpsPort)}/ws/alfred${after}`, {
      agent: new Agent({ ca: edge.certificate, servername: testName }),
      headers: { Host: testName, 'X-Forwarded-For': anyAddress() },
    })
    const code = await new Promise<number>((resolve) => {
      socket.on('open', () => {
        if (closedAt !== undefined)
          tally.maxResumeMs = Math.max(tally.maxResumeMs, performance.now() - closedAt)
        closedAt = undefined
      })
      socket.on('message', (data: Buffer) => {
        const event = Number(data.toString())
        if (last !== undefined && event > last + 1) tally.lost += event - last - 1
        if (last !== undefined && event <= last) tally.doubled += 1
        else last = event
      })
      socket.on('error', (error) => {
        if (!isOver()) note(`WebSocket: ${String(error)}`)
      })
      socket.once('close', resolve)
      signal.addEventListener('abort', () => {
        socket.terminate()
      })
    })
    if (isOver()) return
    closedAt ??= performance.now()
    if (code === 1012) tally.resumed += 1
    else {
      tally.closedOtherwise += 1
      note(`WebSocket closed with ${String(code)}`)
    }
    await sleep(50 + 100 * Math.random())
  }
}
