import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a server answered. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Starts a server on a free port; returns what sends it a request as the bytes it is given. */
export async function startRaw(server: Server): Promise<(request: string) => Promise<RawAnswer>> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (request) => {
    const socket = connect(port, '127.0.0.1')
    socket.end(Buffer.from(request, 'latin1'))
    const answer = await text(socket)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    return { status: Number(head.slice(9, 12)), head, body }
  }
}
