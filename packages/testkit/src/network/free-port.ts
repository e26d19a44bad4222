import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the range of which systems give ports to clients and to servers that ask for none in particular.
const lowestPort = 12_000
const ports = 10_000
/** A claim is a UDP port this much higher, which ends with the process that holds it. */
const claimOffset = 10_000

async function claims(port: number): Promise<boolean> {
  const claim = createSocket('udp4')
  claim.bind({ port: port + claimOffset, address: '127.0.0.1', exclusive: true })
  try {
    await once(claim, 'listening')
  } catch {
    return false
  }
  claim.unref()
  return true
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/**
 * Finds a port for a server that is started later, perhaps seconds later: until this process ends, no other call is
 * given it, in any process, and the system gives it to nobody.
 *
 * @returns a TCP port of 127.0.0.1 that nothing listens on, 12000-21999
 */
export async function freePort(): Promise<number> {
  const first = Math.floor(Math.random() * ports)
  for (let tried = 0; tried < ports; tried++) {
    const port = lowestPort + ((first + tried) % ports)
    if ((await claims(port)) && (await isFree(port))) return port
  }
  throw new Error(`no port of ${String(lowestPort)}-${String(lowestPort + ports - 1)} is free`)
}
