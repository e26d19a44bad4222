import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'

/** A server in a process of its own. */
export interface ForkedServer {
  /** Such as `http://127.0.0.1:40001`. */
  readonly origin: string
  /** The processor time that it has used so far, ms: a figure that other processes hardly disturb. */
  readonly cpuMs: () => Promise<number>
  readonly stop: () => Promise<void>
}

interface Listening {
  readonly port: number
}

interface CpuTime {
  readonly cpuMs: number
}

/**
 * Runs `module`, which calls {@link serveForParent}, in a child process with `NODE_ENV=production`.
 *
 * @param variables - more environment variables for it
 */
export async function forkServer(
  module: string,
  variables: Readonly<Record<string, string>>,
): Promise<ForkedServer> {
  const child = fork(module, {
    env: { ...process.env, ...variables, NODE_ENV: 'production' },
    execArgv: ['--conditions=@alfred/source'],
  })
  const exited = once(child, 'exit')
  const ended = exited.then(([code]) => {
    throw new Error(`${module} ended with code ${String(code)} too early`)
  })
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Listening]
  return {
    origin: `http://127.0.0.1:${String(message.port)}`,
    async cpuMs() {
      child.send('cpu')
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [CpuTime]
      return answer.cpuMs
    },
    async stop() {
      ended.catch(() => undefined)
      child.disconnect()
      await exited
    },
  }
}

/** Listens on a free port, tells the parent which, and ends with the parent. */
export async function serveForParent(listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the system gave no port')
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMs: (user + system) / 1000 } satisfies CpuTime)
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: address.port } satisfies Listening)
}
