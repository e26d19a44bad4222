import type { Server } from 'node:http'

/** Closes a server at once: its connections are cut off. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve()
    })
    server.closeAllConnections()
  })
