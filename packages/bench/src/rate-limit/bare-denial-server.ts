import { serveForParent } from '../load/forked-server.ts'
import { createApplication } from './contended-application.ts'

/** What our denial is like, header fields and body, decided by nobody. */
export interface BareDenial {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

const { fields, body } = JSON.parse(process.env['DENIAL'] ?? '') as BareDenial

const app = createApplication((behind) =>
  behind.use((_request, response) => {
    response.statusCode = 429
    for (const [name, value] of fields) response.setHeader(name, value)
    response.end(body)
  }),
)
await serveForParent(app)
