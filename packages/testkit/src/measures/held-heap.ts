import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { tapBody } from '@alfred/core'

/** Bytes of heap in use after everything that nobody holds was collected. */
async function heapInUse(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('this Node cannot be told to collect its garbage')
  for (let round = 0; round < 2; round++) {
    await nextTurn()
    Reflect.apply(collect, undefined, [])
  }
  return process.memoryUsage().heapUsed
}

/** The body that {@link measureHeldHeap} sends. */
export interface HeldBody {
  readonly path: string
  readonly contentType: string
  /** All but the last byte arrives before the heap is measured, each byte as a chunk of its own. */
  readonly body: string
}

/** Calls back when so many chunks of the request have arrived, whether or not somebody reads them. */
function onChunk(request: IncomingMessage, chunks: number, callback: () => void): void {
  let count = 0
  const tap = tapBody(request, (chunk) => {
    const isWelcome = tap.forward(chunk)
    count += 1
    if (count === chunks) callback()
    return isWelcome
  })
}

/**
 * Posts a body in chunks of one byte, and measures what the listener holds of it before the last one arrives.
 *
 * @returns bytes of heap, and the status line of the answer
 */
export async function measureHeldHeap(
  listener: RequestListener,
  { path, contentType, body }: HeldBody,
): Promise<{ readonly heapBytes: number; readonly answer: string }> {
  const bytes = Buffer.from(body)
  const chunkOf = (byte: number): Buffer =>
    Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')])
  const arrived = Promise.withResolvers<true>()
  const server = createServer((request, response) => {
    listener(request, response)
    onChunk(request, bytes.length - 1, () => {
      arrived.resolve(true)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  const socket = connect(address.port, '127.0.0.1')
  try {
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${contentType}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    )
    const before = await heapInUse()
    socket.write(Buffer.concat(Array.from(bytes.subarray(0, -1), chunkOf)))
    await arrived.promise
    const heapBytes = (await heapInUse()) - before
    socket.write(Buffer.concat([chunkOf(bytes.at(-1) ?? 0), Buffer.from('0\r\n\r\n')]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return { heapBytes, answer: answer.toString().split('\r\n', 1)[0] ?? '' }
  } finally {
    socket.destroy()
    server.close()
    await once(server, 'close')
  }
}
