import { chatMessage, createBodyGuard, validate } from '@alfred/input-validation'
import express from 'express'
import { z } from 'zod'
import { serveForParent } from '../load/forked-server.ts'
import { jsonMessageSchema } from './json-message.ts'

const message = process.env['DETECT'] === 'yes' ? chatMessage() : z.string().min(1).max(10_000)

const app = express()
app.use(createBodyGuard())
app.post('/', validate({ body: jsonMessageSchema(message) }), (_request, response) => {
  response.end('ok')
})
await serveForParent(app)
