import { serveForParent } from '../forked-server.ts'
import { createApplication } from './contended-application.ts'

/** What our denial is like, decided by nobody. */
const body = JSON.stringify({
  type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
  title: 'Request cannot be satisfied as assigned quota has been exceeded',
  status: 429,
  'violated-policies': ['hour'],
})

const app = createApplication((behind) =>
  behind.use((_request, response) => {
    response.statusCode = 429
    response.setHeader('Content-Type', 'application/problem+json')
    response.setHeader('Content-Length', Buffer.byteLength(body))
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('Retry-After', '3600')
    response.end(body)
  }),
)
await serveForParent(app)
