import { once } from 'node:events'
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { type FinishingResponse, whenFinished } from './when-finished.ts'

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const head = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

/** Notes each call; the list shows calls that are missing and calls that are too many. */
function createNotes() {
  const notes: string[] = []
  const note =
    (name: string) =>
    (completed: boolean): void => {
      notes.push(`${name} ${completed ? 'completed' : 'aborted'}`)
    }
  return { notes, note }
}

const fakeResponse = () => new ServerResponse(new IncomingMessage(new Socket()))

it.each<[string, (response: ServerResponse) => void, string[]]>([
  ['nothing', () => undefined, []],
  ['a destroyed response', (response) => response.destroy(), ['aborted']],
  ['a destroyed socket', (response) => response.req.socket.destroy(), ['aborted']],
])('of %s that came first calls at once: %j', (_what, before, expected) => {
  const response = fakeResponse()
  before(response)
  const calls: string[] = []
  whenFinished(response, (completed) => calls.push(completed ? 'completed' : 'aborted'))
  expect(calls).toEqual(expected)
})

it('calls everybody once, however the end is announced', () => {
  const { notes, note } = createNotes()
  const response = fakeResponse()
  whenFinished(response, note('first'))
  whenFinished(response, note('second'))
  response.emit('finish')
  response.emit('close')
  response.emit('close')
  expect(notes).toEqual(['first aborted', 'second aborted'])
  whenFinished(response, note('late'))
  expect(notes.at(-1)).toBe('late aborted')
})

it('calls for a pipelined response whose connection closes while it waits, though it emits nothing', async () => {
  const { notes, note } = createNotes()
  const socket = new Socket()
  const responses = [1, 2, 3].map(() => new ServerResponse(new IncomingMessage(socket)))
  responses.forEach((response, index) => {
    whenFinished(response, note(String(index)))
  })
  expect(socket.listenerCount('close')).toBe(1)
  socket.destroy()
  await once(socket, 'close')
  expect(notes).toEqual(['0 aborted', '1 aborted', '2 aborted'])
})

it('adds one listener to a connection however many responses wait', () => {
  const socket = new Socket()
  for (let sent = 0; sent < 20; sent++) {
    const response = new ServerResponse(new IncomingMessage(socket))
    whenFinished(response, () => undefined)
    response.emit('finish')
  }
  expect(socket.listenerCount('close')).toBe(1)
})

it('calls for every pipelined response of a real connection', async () => {
  const { notes, note } = createNotes()
  const held: ServerResponse[] = []
  const port = await serve((request, response) => {
    whenFinished(response, note(request.url ?? ''))
    if (request.url === '/ended') response.end('x')
    else held.push(response)
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(head('/held') + head('/ended') + head('/waits') + head('/ended'))
  await expect.poll(() => held.length).toBe(2)
  held[0]?.end('x')
  await expect.poll(() => notes).toEqual(['/held completed', '/ended completed'])
  socket.destroy()
  await expect.poll(() => notes.slice(2).toSorted()).toEqual(['/ended aborted', '/waits aborted'])
})

it.each<[string, boolean]>([
  ['/ends', true],
  ['/waits', false],
  ['/large', false],
])('knows whether %s of HTTP/2 was completed: %s', async (path, completed) => {
  const ends: boolean[] = []
  const server = createHttp2Server((request, response) => {
    const finishing: FinishingResponse = response
    whenFinished(finishing, (all) => ends.push(all))
    response.write('begun')
    if (request.url === '/ends') response.end()
    if (request.url === '/large') response.end('x'.repeat(1_000_000))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const request = session.request({ ':path': path })
  await once(request, 'response')
  if (completed) request.resume()
  else request.close(8)
  await expect.poll(() => ends).toEqual([completed])
})

it('calls at once for an HTTP/2 stream that was reset before', async () => {
  const ends: boolean[] = []
  const server = createHttp2Server((_request, response) => {
    response.stream.once('close', () => {
      whenFinished(response, (all) => ends.push(all))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const session = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)
  onTestFinished(() => {
    session.destroy()
    server.close()
  })
  const request = session.request({ ':path': '/' })
  await once(session, 'remoteSettings')
  request.close(8)
  await expect.poll(() => ends).toEqual([false])
})

it('calls every callback of a response, also after one that throws, and does not hide the failure', () => {
  const response = fakeResponse()
  const { notes, note } = createNotes()
  whenFinished(response, note('first'))
  whenFinished(response, () => {
    throw new Error('the second fails')
  })
  whenFinished(response, note('third'))
  expect(() => response.emit('close')).toThrow('the second fails')
  expect(notes).toEqual(['first aborted', 'third aborted'])
})
