import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { waitFor } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import type { DrainOnSignalsOptions } from '../../src/index.ts'

const program = fileURLToPath(new URL('drained-server.ts', import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly port: number
  readonly url: string
  readonly lines: string[]
  readonly exited: Promise<{ code: number | null; signal: string | null; at: number }>
}

async function start(options: DrainOnSignalsOptions): Promise<Started> {
  const child = spawn(process.execPath, ['--conditions=@alfred/source', program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const exited = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
    code: typeof code === 'number' ? code : null,
    signal: typeof signal === 'string' ? signal : null,
    at: performance.now(),
  }))
  const port = Number(await waitFor(() => lines.shift(), { timeoutMs: 15_000, what: 'the port' }))
  return { child, port, url: `http://127.0.0.1:${String(port)}`, lines, exited }
}

async function ask(url: string, agent?: Agent): Promise<IncomingMessage> {
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage]
  return response
}

/** Whether the server takes a connection. */
const connects = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => {
      resolve(false)
    })
  })

async function status(url: string): Promise<number | undefined> {
  const response = await ask(url)
  response.resume()
  await once(response, 'end')
  return response.statusCode
}

it('drains under traffic without a failed request and exits with 0', async () => {
  const { child, exited, lines, port, url } = await start({ readinessDelayMs: 600, deadlineMs: 10_000 })
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const unused = connect(port, '127.0.0.1').on('error', () => undefined)
  const slow = ask(`${url}/slow`, agent).then(text)
  const events = ask(`${url}/events`, agent).then(text)

  // Twenty clients behind a balancer, which stops sending once the readiness probe fails.
  let routed = true
  let answered = 0
  let closing = 0
  const failures: unknown[] = []
  const client = async (): Promise<void> => {
    while (routed) {
      try {
        const response = await ask(`${url}/`, agent)
        if ((await text(response)) === 'ok') answered++
        if (response.headers.connection === 'close') closing++
      } catch (error) {
        failures.push(error)
        return
      }
    }
  }
  const clients = Array.from({ length: 20 }, client)
  await waitFor(() => answered > 200)
  expect(await status(`${url}/readyz`)).toBe(200)

  const signalledAt = performance.now()
  child.kill('SIGTERM')
  await waitFor(async () => (await status(`${url}/readyz`)) === 503)
  const noticedAt = answered
  expect(await status(`${url}/livez`)).toBe(200)
  // The balancer is slow to notice; until then the instance serves.
  await waitFor(() => answered > noticedAt + 100)
  routed = false
  await Promise.all(clients)

  expect(failures).toEqual([])
  expect(closing).toBeGreaterThan(0)
  expect(await slow).toContain('chunk 9\nend')
  expect(await events).toBe('id: 1\ndata: first\n\nid: 2\ndata: last\n\n')
  const { at, ...exit } = await exited
  expect(exit).toEqual({ code: 0, signal: null })
  expect(at - signalledAt).toBeGreaterThan(600)
  expect(at - signalledAt).toBeLessThan(5000)
  expect(lines).toEqual(['health closed', 'first closed'])
  agent.destroy()
  unused.destroy()
})

it('goes on when a process manager sends SIGTERM again', async () => {
  const { child, exited, lines, url } = await start({ readinessDelayMs: 10, deadlineMs: 10_000 })
  const slow = ask(`${url}/slow`).then(text)
  await waitFor(async () => (await status(`${url}/`)) === 200)
  child.kill('SIGTERM')
  await waitFor(() => connects(url).then((accepted) => !accepted))
  child.kill('SIGTERM')
  expect(await slow).toContain('chunk 9\nend')
  expect(await exited).toMatchObject({ code: 0, signal: null })
  expect(lines).toEqual(['health closed', 'first closed'])
})

it.each<[string, NodeJS.Signals, boolean, [from: number, below: number]]>([
  ['at once when nobody has probed', 'SIGTERM', false, [0, 2500]],
  ['at once after Ctrl-C', 'SIGINT', true, [0, 2500]],
  ['after a delay when somebody has probed', 'SIGTERM', true, [5000, 12_000]],
])('ends %s', async (_name, signal, probes, [from, below]) => {
  const { child, exited, url } = await start({})
  if (probes) expect(await status(`${url}/readyz`)).toBe(200)
  const at = performance.now()
  child.kill(signal)
  const exit = await exited
  expect(exit).toMatchObject({ code: 0, signal: null })
  expect(exit.at - at).toBeGreaterThanOrEqual(from)
  expect(exit.at - at).toBeLessThan(below)
})

it('exits at once on a second signal of a person', async () => {
  const { child, exited, lines, url } = await start({ readinessDelayMs: 10_000 })
  child.kill('SIGTERM')
  await waitFor(async () => (await status(`${url}/readyz`)) === 503)
  const at = performance.now()
  child.kill('SIGINT')
  const exit = await exited
  expect(exit).toMatchObject({ code: 130, signal: null })
  expect(exit.at - at).toBeLessThan(2000)
  expect(lines).toEqual([])
})

it('cuts off what is left at the deadline and exits with 1', async () => {
  const { child, exited, lines, url } = await start({ readinessDelayMs: 0, deadlineMs: 500 })
  const endless = await ask(`${url}/endless`)
  const cut = once(endless, 'error')
  endless.resume()
  const at = performance.now()
  child.kill('SIGINT')
  await cut
  const exit = await exited
  expect(exit).toMatchObject({ code: 1, signal: null })
  expect(exit.at - at).toBeGreaterThan(450)
  expect(exit.at - at).toBeLessThan(3000)
  expect(lines).toEqual(['health closed', 'first closed'])
})
