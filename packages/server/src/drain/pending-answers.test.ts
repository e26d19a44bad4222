import { once } from 'node:events'
import { createServer, type OutgoingHttpHeader, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createFakeClock, listenOn, passTime, waitFor } from '@alfred/testkit'
import { expect, it } from 'vitest'
import { createDrain } from './drain.ts'

const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

const flat: OutgoingHttpHeader[] = ['Connection', 'keep-alive', 'Content-Length', '6']
const pairs: readonly unknown[] = [
  ['Connection', 'keep-alive'],
  ['Content-Length', '6'],
]

/** As proxies and wrappers write heads: with the fields of somebody else's answer. */
const heads: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  '/plain': () => undefined,
  '/set': (response) => response.setHeader('Connection', 'keep-alive'),
  '/object': (response) => response.writeHead(200, { connection: 'keep-alive' }),
  '/reason': (response) => response.writeHead(200, 'OK', { CONNECTION: 'keep-alive' }),
  '/flat': (response) => response.writeHead(200, flat),
  '/pairs': (response) => response.writeHead(200, pairs as OutgoingHttpHeader[]),
}

/** Large enough that no buffer of the system takes it before the client reads. */
const largeBytes = 64 * 2 ** 20

async function setUp() {
  const ran: string[] = []
  const waiting: ServerResponse[] = []
  const clock = createFakeClock()
  const server = createServer((request, response) => {
    const url = String(request.url)
    ran.push(url)
    if (url.startsWith('/waits')) waiting.push(response)
    else if (url === '/large') response.end(Buffer.alloc(largeBytes, 'x'))
    else {
      heads[url]?.(response)
      response.end('answer')
    }
  })
  server.keepAliveTimeout = 0
  const drain = createDrain({ servers: [server], clock, readinessDelayMs: 1000 })
  const port = await listenOn(server)
  const send = (...paths: string[]): Socket => {
    const socket = connect(port, '127.0.0.1')
    socket.write(paths.map(head).join(''))
    return socket
  }
  const finish = async (done: Promise<{ forced: boolean }>) => {
    await waitFor(async () => {
      await passTime(clock, 100)
      return clock.pendingTimers === 0
    })
    return done
  }
  return { clock, drain, finish, ran, send, waiting }
}

const answersIn = (received: string) => received.split('HTTP/1.1 200 OK').slice(1)
const says = (answer: string | undefined, field: string) =>
  new RegExp(`^connection: ${field}\r$`, 'im').test(answer ?? '')

it.each(Object.keys(heads))('closes after an answer whose head is written as in %s', async (path) => {
  const { drain, finish, send } = await setUp()
  const done = drain.start('test')
  const answers = answersIn(await text(send(path)))
  expect(answers).toHaveLength(1)
  expect([says(answers[0], 'close'), says(answers[0], 'keep-alive')]).toEqual([true, false])
  await expect(finish(done)).resolves.toMatchObject({ forced: false })
})

it('sends every answer to pipelined requests, also behind a head that was written before the drain', async () => {
  const { drain, finish, ran, send, waiting } = await setUp()
  const received = text(send('/waits', '/waits/too', '/plain'))
  await waitFor(() => ran.length === 3)
  const done = drain.start('test')
  for (const response of waiting.toReversed()) response.end('answer')
  await expect(finish(done)).resolves.toMatchObject({ forced: false })
  const answers = answersIn(await received)
  expect(answers.map((answer) => answer.endsWith('answer'))).toEqual([true, true, true])
  expect(answers.some((answer) => says(answer, 'close'))).toBe(false)
})

it('closes after the last of the requests that are pending when the drain begins', async () => {
  const { drain, finish, ran, send, waiting } = await setUp()
  const received = text(send('/waits', '/waits/too'))
  await waitFor(() => ran.length === 2)
  const done = drain.start('test')
  for (const response of waiting) response.end('answer')
  const answers = answersIn(await received)
  expect(answers.map((answer) => says(answer, 'close'))).toEqual([false, true])
  await expect(finish(done)).resolves.toMatchObject({ forced: false })
})

it('runs no request whose answer nobody would read', async () => {
  const { drain, finish, ran, send } = await setUp()
  const done = drain.start('test')
  expect(answersIn(await text(send('/plain', '/set', '/plain')))).toHaveLength(1)
  expect(ran).toEqual(['/plain'])
  await expect(finish(done)).resolves.toMatchObject({ forced: false })
})

it('sends the whole of an answer that has been ended to a client that reads slowly', async () => {
  const { clock, drain, finish, ran, send } = await setUp()
  const socket = send('/large')
  await waitFor(() => ran.length === 1)
  const done = drain.start('test')
  await passTime(clock, 1500)
  let receivedBytes = 0
  socket.on('data', (chunk) => (receivedBytes += chunk.length))
  const ended = once(socket, 'end')
  await expect(finish(done)).resolves.toMatchObject({ forced: false })
  await ended
  expect(receivedBytes).toBeGreaterThan(largeBytes)
})
