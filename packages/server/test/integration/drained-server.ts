/**
 * A server for the drain tests to end: `node drained-server.ts <options as JSON>`. Prints its port as
 * the first line, then one line for every hook that ran.
 */
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHealth, memoryCheck } from '@alfred/health'
import { drainOnSignals } from '../../src/index.ts'

const options: unknown = JSON.parse(process.argv[2] ?? '{}')

// A check, so that ready() has something to wait for while nothing else holds the process.
const health = createHealth({ checks: [memoryCheck()] })

const server = createServer((request, response) => {
  health.middleware(request, response, () => {
    if (request.url === '/slow') void stream(10)
    else if (request.url === '/endless') response.write('begun')
    else if (request.url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('id: 1\ndata: first\n\n')
      drain.onDrain(response, () => response.end('id: 2\ndata: last\n\n'))
    } else response.end('ok')
  })

  async function stream(chunks: number): Promise<void> {
    for (let chunk = 0; chunk < chunks; chunk++) {
      response.write(`chunk ${String(chunk)}\n`)
      await sleep(100)
    }
    response.end('end')
  }
})

const drain = drainOnSignals(server, {
  health,
  ...(options as object),
  hooks: [
    { name: 'first', close: () => process.stdout.write('first closed\n') },
    { name: 'health', close: () => health.close().then(() => process.stdout.write('health closed\n')) },
  ],
})

await health.ready()
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${String(typeof address === 'object' ? address?.port : '')}\n`)
})
