import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type ServerMessage,
  serverMessageSchema,
  type ServerOrder,
  type ServerReport,
} from './server-messages.ts'

/** A server that runs in a process of its own. */
export interface ServerUnderTest {
  readonly port: number
  /** The secret of a client key that it accepts. */
  readonly clientKey: string
  /** Waits until every client is gone and collects garbage, MB; `undefined` when the process has ended. */
  heapMb(): Promise<number | undefined>
  /** Closes everything in the server; `undefined` when the process has ended before. */
  finish(): Promise<ServerReport | undefined>
}

async function nextMessage(child: ChildProcess): Promise<ServerMessage | undefined> {
  if (child.exitCode !== null || child.signalCode !== null) return undefined
  const stop = new AbortController()
  const { signal } = stop
  const message = once(child, 'message', { signal }).then(([sent]) => serverMessageSchema.parse(sent))
  const ended = once(child, 'exit', { signal }).then(() => undefined)
  try {
    return await Promise.race([message, ended])
  } finally {
    stop.abort()
    await Promise.allSettled([message, ended])
  }
}

/** Starts a server as `order` says. @throws Error when it does not start */
export async function startServerUnderTest(order: ServerOrder): Promise<ServerUnderTest> {
  const child = fork(
    fileURLToPath(new URL('./server-process.ts', import.meta.url)),
    [JSON.stringify(order)],
    {
      execArgv: ['--conditions=@alfred/source', '--expose-gc', '--disable-warning=DEP0170'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'alfred-compile-cache') },
    },
  )
  const ask = async (what: 'heap' | 'finish'): Promise<ServerMessage | undefined> => {
    if (!child.connected) return undefined
    child.send(what)
    return nextMessage(child)
  }
  const started = await nextMessage(child)
  if (!started || !('port' in started)) throw new Error(`the server of ${order.framework} did not start`)
  return {
    ...started,
    async heapMb() {
      const answer = await ask('heap')
      return answer && 'heapBytes' in answer ? answer.heapBytes / 2 ** 20 : undefined
    },
    async finish() {
      const answer = await ask('finish')
      child.kill('SIGKILL')
      return answer && 'crashes' in answer ? answer : undefined
    },
  }
}
