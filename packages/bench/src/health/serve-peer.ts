import type { Server } from 'node:http'

/** Does for a server that the peer itself has made or changed what `serveForParent` does for a listener. */
export function tellParent(server: Server): void {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMs: (user + system) / 1000 })
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: address.port })
}
