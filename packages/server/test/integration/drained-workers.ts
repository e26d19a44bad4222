/**
 * A cluster, or a thread with its main thread, for the drain tests to end: `node drained-workers.ts cluster|thread`. Each worker
 * prints its port as a line. `/slow` takes 600 ms.
 */
import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, Worker } from 'node:worker_threads'
import { drainCluster, drainOnSignals } from '../../src/index.ts'

const kind = process.argv[2]
const print = (line: string) => process.stdout.write(`${line}\n`)

const serve = (): void => {
  const server = createServer((request, response) => {
    void sleep(request.url === '/slow' ? 600 : 0).then(() => response.end('ok'))
  })
  drainOnSignals(server, { readinessDelayMs: 100, hooks: [{ name: 'worker', close: () => print('closed') }] })
  // Port 0 would be one port for all workers of a cluster.
  server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
    const address = server.address()
    print(String(typeof address === 'object' ? address?.port : ''))
  })
}

if (kind === 'cluster' && cluster.isPrimary) {
  const drain = drainCluster({ hooks: [{ name: 'primary', close: () => print('primary closed') }] })
  cluster.fork()
  cluster.fork()
  cluster.on('exit', () => {
    // As many programs do, whatever goes on.
    if (process.argv[3] === 'replace' || !drain.draining) cluster.fork()
  })
} else if (kind === 'thread' && isMainThread) {
  const drain = drainOnSignals([], {
    readinessDelayMs: 0,
    hooks: [{ name: 'main', close: () => print('main closed') }],
  })
  const start = () => new Worker(fileURLToPath(import.meta.url), { argv: ['thread'] })
  drain.attachThread(start())
  drain.attachThread(start())
} else {
  serve()
}
