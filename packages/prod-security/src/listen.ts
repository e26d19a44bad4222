import { createServer, type RequestListener, type Server } from 'node:http'
import { option, readOptions } from '@alfred/core'
import type { AlfredGuard, ListenOptions } from './alfred-guard.ts'

/** What of a guard is needed to listen. */
export type ListeningGuard = Pick<AlfredGuard, 'close' | 'drainOnSignals' | 'hardenServer' | 'ready'>

const listenRule = option.object({
  port: option.integer({ min: 0, max: 65_535 }),
  host: option.string().optional(),
})

/** Serves `app` behind all that a guard does for a server. Nothing stays open when it cannot listen. */
export async function listen(
  guard: ListeningGuard,
  app: RequestListener,
  port: number,
  { drain: drainOptions, ...options }: ListenOptions = {},
): Promise<Server> {
  let drain: ReturnType<ListeningGuard['drainOnSignals']> | undefined
  try {
    const { host } = readOptions('guard.listen', { ...options, port }, listenRule)
    const server = guard.hardenServer(createServer(app))
    drain = guard.drainOnSignals(server, drainOptions)
    await guard.ready()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    return server
  } catch (error) {
    await drain?.close()
    await guard.close()
    throw error
  }
}
