import { createServer } from 'node:http'
import { chatMessage, identifier, validate, type ValidInput } from '@alfred/input-validation'
import express from 'express'
import * as v from 'valibot'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

const schemas = {
  body: z.strictObject({ message: chatMessage(), model: identifier().optional() }),
  query: z.object({ page: z.coerce.number().default(1) }),
  params: v.object({ id: v.pipe(v.string(), v.transform(Number)) }),
}
const chat = validate(schemas)

interface Expected {
  readonly body: { message: string; model?: string | undefined }
  readonly query: { page: number }
  readonly params: { id: number }
}
expectTypeOf<ValidInput<typeof schemas>>().toEqualTypeOf<Expected>()

const app = express()

// As a middleware with the typed accessor.
app.post('/chat/:id', chat, (req, res) => {
  expectTypeOf(chat.valid(req).body.message).toEqualTypeOf<string>()
  expectTypeOf(chat.valid(req).params.id).toEqualTypeOf<number>()
  expectTypeOf(chat.valid(req)).not.toHaveProperty('headers')
  res.end()
})

// As a handler: the request keeps its type and gains `valid`.
app.post(
  '/chat/:id',
  chat.handle<express.Request, express.Response>((req, res) => {
    expectTypeOf(req.valid.query.page).toEqualTypeOf<number>()
    expectTypeOf(req.valid.body.model).toEqualTypeOf<string | undefined>()
    expectTypeOf(req.ip).toEqualTypeOf<string | undefined>()
    // @ts-expect-error -- the result is read-only
    req.valid.body = { message: 'x' }
    res.status(200).json({ id: req.valid.params.id })
  }),
)

// On node:http nothing need be named.
createServer((request, response) => {
  chat.handle((req, res) => {
    expectTypeOf(req.valid.body.message).toEqualTypeOf<string>()
    res.end(req.url)
  })(request, response, () => undefined)
})

// @ts-expect-error -- a plain object is no schema
validate({ body: { message: 'string' } })
