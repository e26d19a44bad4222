import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import { listenOn } from '@alfred/testkit'
import { expect, it, onTestFinished } from 'vitest'
import { tapBody } from './body-tap.ts'

/** Sends `pieces` as chunks, and resolves with what `handle` made of the request. */
async function exchange<T>(
  pieces: readonly string[],
  handle: (request: IncomingMessage) => Promise<T>,
): Promise<T> {
  let settle: (result: Promise<T>) => void = () => undefined
  const result = new Promise<T>((resolve) => (settle = resolve))
  const server = createServer((request, response) => {
    settle(handle(request))
    response.on('error', () => undefined)
    void result.finally(() => response.end())
  })
  const port = await listenOn(server)
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false })
  client.on('error', () => undefined).on('response', (answer) => answer.resume())
  for (const piece of pieces) client.write(piece)
  client.end()
  return result
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

it('leaves the stream to the reader that comes later', async () => {
  const seen: string[] = []
  const text = await exchange(['one', 'two'], async (request) => {
    const tap = tapBody(request, (chunk) => {
      seen.push(chunk === null ? 'end' : chunk.toString())
      return tap.forward(chunk)
    })
    expect(request.readableDidRead).toBe(false)
    return textOf(request)
  })
  expect([text, seen.join('')]).toEqual(['onetwo', 'onetwoend'])
})

it('nests, and lets everything pass once released', async () => {
  const text = await exchange(['one', 'two'], async (request) => {
    const outer = tapBody(request, (chunk) => outer.forward(chunk && Buffer.from(`<${chunk.toString()}`)))
    const inner = tapBody(request, () => true)
    inner.release()
    return textOf(request)
  })
  expect(text.replaceAll('<', '')).toBe('onetwo')
  expect(text).toContain('<')
})
