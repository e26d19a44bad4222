/** A server whose requests keep the processor busy, with a load shedder or without. Run by `measureOverload`. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLoadShedder } from '../../src/index.ts'

const [sheds = '', busyMs = ''] = process.argv.slice(2)
const shedder =
  sheds === 'shed' ? createLoadShedder({ maxEventLoopDelayMs: 60, sampleMs: 50, maxInFlight: 12 }) : undefined

const server = createServer((request, response) => {
  const serve = (): void => {
    const until = performance.now() + Number(busyMs)
    while (performance.now() < until);
    response.end('served')
  }
  // The work comes later than the request, as it does behind a database.
  const later = (): void => {
    setTimeout(serve, 1)
  }
  if (shedder) shedder.middleware(request, response, later)
  else later()
})
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port)
})
process.on('disconnect', () => process.exit(0))
