import type { Socket } from 'node:net'
import { addressGroup, createAddressList } from '@alfred/core'

/**
 * Builds the function that says whether a new connection is one too many of its address (IPv6 by /64), and counts
 * it until it closes otherwise.
 *
 * @param exempt - addresses and networks that are not counted: your proxies
 */
export function limitConnectionsPerAddress(
  max: number,
  exempt: readonly string[],
): (socket: Pick<Socket, 'once' | 'remoteAddress'>) => boolean {
  const uncounted = createAddressList(exempt)
  const open = new Map<string, number>()
  return (socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || uncounted.has(remoteAddress)) return true
    const address = addressGroup(remoteAddress)
    const count = open.get(address) ?? 0
    if (count >= max) return false
    open.set(address, count + 1)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
    return true
  }
}
