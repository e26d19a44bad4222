import { once } from 'node:events'
import { createServer } from 'node:http'
import { alfredHardening, sentrySink, slackSink } from '@alfred/prod-security'

/** Serves failures, and reports them to sinks at the address that is given; without one, to nobody. */
const [sinkUrl] = process.argv.slice(2)

const guard = alfredHardening({
  rateLimit: false,
  ...(sinkUrl !== undefined && {
    alerting: {
      // Every error is described, redacted and queued: none is held back.
      errorTracker: {
        sinks: [sentrySink({ dsn: `${sinkUrl.replace('http://', 'http://0123456789abcdef@')}/1` })],
        maxPerMinute: 10_000,
        closeTimeoutMs: 100,
      },
      dispatcher: { sinks: [slackSink({ webhookUrl: `${sinkUrl}/slack` })], closeTimeoutMs: 100 },
    },
  }),
})
const server = createServer((request, response) => {
  guard(request, response, () => {
    guard.errorHandler(new Error(`failed ${request.url ?? ''}`), request, response, () => undefined)
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('the system gave no port')
process.send?.(address.port)
process.once('disconnect', () => process.exit(0))
