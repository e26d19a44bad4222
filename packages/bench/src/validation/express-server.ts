import express from 'express'
import { z } from 'zod'
import { serveForParent } from '../load/forked-server.ts'
import { jsonMessageSchema } from './json-message.ts'

const schema = jsonMessageSchema(z.string().min(1).max(10_000))

const app = express()
app.use(express.json())
app.post('/', (request, response) => {
  schema.parse(request.body)
  response.end('ok')
})
await serveForParent(app)
