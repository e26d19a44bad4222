import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import { createEventBus, isAlfredError, noopLogger } from '@alfred/core'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as v from 'valibot'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createBodyGuard } from '../body/body-guard.ts'
import { text } from '../fields/text.ts'
import type { ValidationError } from './errors/validation-error.ts'
import { type RequestSchemas, validate } from './validate.ts'
import type { ValidateOptions } from './validate-options.ts'

let server: Server | undefined

afterEach(() => {
  server?.close()
})

interface Request {
  schemas: RequestSchemas
  options?: ValidateOptions
  query?: string
  body?: unknown
}

/** Sends one request through guard and validation. */
async function send({
  schemas,
  options,
  query = '',
  body,
}: Request): Promise<{ status: number; json: unknown }> {
  const guard = createBodyGuard()
  const check = validate(schemas, options)
  const started = createServer((request, response) => {
    guard(request, response, () => {
      check(request, response, (error) => {
        if (error === undefined) response.end(JSON.stringify(check.valid(request)))
        else response.writeHead(500).end(JSON.stringify({ message: (error as Error).message }))
      })
    })
  })
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((started.address() as AddressInfo).port)}/${query}`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, json: await response.json() }
}

const chat = z.strictObject({
  message: text({ maxLength: 5, minLength: 2 }),
  role: z.enum(['user', 'system']).optional(),
  items: z.array(z.strictObject({ id: z.int().max(9) })).optional(),
  email: z.email().optional(),
  labels: z.record(z.string(), z.number()).optional(),
  choice: z.union([z.strictObject({ a: z.string() }), z.number()]).optional(),
})

it.each<[string, unknown, ValidationError[]]>([
  ['no body', undefined, [{ pointer: '/body', code: 'required', detail: 'Is required.' }]],
  ['a missing member', {}, [{ pointer: '/body/message', code: 'required', detail: 'Is required.' }]],
  [
    'a wrong type',
    { message: 7 },
    [{ pointer: '/body/message', code: 'wrong-type', expected: 'string', detail: 'Must be of type string.' }],
  ],
  [
    'a long text',
    { message: 'abcdef' },
    [
      {
        pointer: '/body/message',
        code: 'too-long',
        maximum: 5,
        unit: 'characters',
        detail: 'Must have at most 5 characters.',
      },
    ],
  ],
  [
    'a short text',
    { message: '👩' },
    [
      {
        pointer: '/body/message',
        code: 'too-short',
        minimum: 2,
        unit: 'characters',
        detail: 'Must have at least 2 characters.',
      },
    ],
  ],
  [
    'a lone surrogate',
    { message: 'a\ud800' },
    [{ pointer: '/body/message', code: 'lone-surrogate', detail: 'Must be well-formed Unicode text.' }],
  ],
  [
    'NUL',
    { message: 'a\0' },
    [{ pointer: '/body/message', code: 'nul-character', detail: 'Must not contain the character U+0000.' }],
  ],
  [
    'a value not in the list',
    { message: 'abc', role: '<b>' },
    [
      {
        pointer: '/body/role',
        code: 'not-allowed',
        allowed: ['user', 'system'],
        detail: 'Is none of the allowed values.',
      },
    ],
  ],
  [
    'a number in a list',
    { message: 'abc', items: [{ id: 1 }, { id: 10 }] },
    [{ pointer: '/body/items/1/id', code: 'too-big', maximum: 9, detail: 'Must be at most 9.' }],
  ],
  [
    'a format',
    { message: 'abc', email: '<script>' },
    [
      {
        pointer: '/body/email',
        code: 'wrong-format',
        format: 'email',
        detail: 'Is not in the expected format.',
      },
    ],
  ],
  [
    'a misspelt member',
    { message: 'abc', rolle: 'user' },
    [
      {
        pointer: '/body/rolle',
        code: 'unknown-member',
        suggestion: 'role',
        detail: 'Is not known. Did you mean role?',
      },
    ],
  ],
  [
    'an unknown member',
    { message: 'abc', '<img onerror>': 1 },
    [{ pointer: '/body', code: 'unknown-member', detail: 'Has members that are not known.' }],
  ],
  [
    'a hostile name in a record',
    { message: 'abc', labels: { '<img onerror>': 'x' } },
    [{ pointer: '/body/labels', code: 'wrong-type', expected: 'number', detail: 'Must be of type number.' }],
  ],
  [
    'no branch of a union',
    { message: 'abc', choice: true },
    [{ pointer: '/body/choice', code: 'invalid', detail: 'Is not valid.' }],
  ],
])('answers 422 to %s', async (_name, body, errors) => {
  expect(await send({ schemas: { body: chat }, body })).toEqual({
    status: 422,
    json: {
      type: 'urn:alfred:problem:validation-failed',
      title: 'The request does not fit the expected form',
      status: 422,
      errors,
    },
  })
})

describe('the query', () => {
  const schemas = { query: z.record(z.string(), z.union([z.string(), z.array(z.string())])) }
  const options = { repeatable: ['tag'] }
  it.each<[string, unknown]>([
    ['', {}],
    ['?', {}],
    ['?a=1&b=', { a: '1', b: '' }],
    ['?a=%20+%C3%A9', { a: '  é' }],
    ['?a[b]=1', { 'a[b]': '1' }],
    ['?tag=x', { tag: ['x'] }],
    ['?tag=x&tag=y', { tag: ['x', 'y'] }],
  ])('%s is read as %j', async (query, expected) => {
    expect(await send({ schemas, options, query })).toEqual({ status: 200, json: { query: expected } })
  })

  it.each([
    ['?a=1&a=2', '/query/a'],
    ['?a=1&%61=2', '/query/a'],
    ['?__proto__=1&__proto__=2', '/query/__proto__'],
    ['?%3Cb%3E=1&%3Cb%3E=2', '/query'],
  ])('%s is refused as repeated', async (query, pointer) => {
    expect(await send({ schemas, options, query })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer, code: 'repeated' }] },
    })
  })
})

it('names no more errors than it may', async () => {
  const schemas = { body: z.array(z.string()) }
  const body = Array.from({ length: 500 }, () => 1)
  const counts = await Promise.all([
    send({ schemas, body }),
    send({ schemas, body, options: { maxErrors: 3 } }),
  ])
  expect(counts.map(({ json }) => (json as { errors: unknown[] }).errors.length)).toEqual([20, 3])
})

it('reports the errors of all parts', async () => {
  const schemas = { body: z.object({ a: z.string() }), query: z.object({ q: z.string() }) }
  expect(await send({ schemas, body: {} })).toMatchObject({
    json: { errors: [{ pointer: '/query/q' }, { pointer: '/body/a' }] },
  })
})

it('awaits asynchronous schemas', async () => {
  const schemas = { body: z.object({ a: z.string().refine((a) => Promise.resolve(a === 'known')) }) }
  expect(await send({ schemas, body: { a: 'known' } })).toEqual({
    status: 200,
    json: { body: { a: 'known' } },
  })
  expect(await send({ schemas, body: { a: 'other' } })).toMatchObject({
    status: 422,
    json: { errors: [{ pointer: '/body/a', code: 'invalid' }] },
  })
})

const standard = (check: StandardSchemaV1.Props['validate']): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'test', validate: check },
})

it.each<[string, StandardSchemaV1]>([
  [
    'throws',
    standard(() => {
      throw new Error('broken')
    }),
  ],
  ['rejects', standard(() => Promise.reject(new Error('broken')))],
])('passes on the error of a schema that %s', async (_name, body) => {
  const query = standard(() => Promise.reject(new Error('broken')))
  expect(await send({ schemas: { body, query }, body: {} })).toEqual({
    status: 500,
    json: { message: 'broken' },
  })
})

it('takes other Standard Schemas and quotes no input', async () => {
  const schemas = {
    body: v.strictObject({ a: v.pipe(v.string(), v.maxLength(2)), b: v.optional(v.string(), 'x') }),
  }
  expect(await send({ schemas, body: { a: 'ok' } })).toEqual({
    status: 200,
    json: { body: { a: 'ok', b: 'x' } },
  })
  expect(await send({ schemas, body: { a: 'secret-input' } })).toMatchObject({
    status: 422,
    json: { errors: [{ pointer: '/body/a', code: 'too-long', detail: 'Must have at most 2 characters.' }] },
  })
  expect(await send({ schemas, body: {} })).toMatchObject({ json: { errors: [{ code: 'required' }] } })
})

it('freezes the result deeply, leaves other instances alone and does not touch req.body', async () => {
  const at = new Date(0)
  const check = validate({ body: z.object({ list: z.array(z.object({ a: z.number() })), at: z.date() }) })
  const body = { list: [{ a: 1 }], at }
  const request = Object.assign(Object.create(null) as object, { headers: {}, url: '/', body })
  await new Promise((resolve) => {
    check(request as never, {} as never, resolve)
  })
  const valid = check.valid(request as never)
  expect(
    [valid, valid.body, valid.body.list, valid.body.list[0]].map((part) => Object.isFrozen(part)),
  ).toEqual([true, true, true, true])
  expect(Object.isFrozen(body.list)).toBe(false)
  expect(valid.body.at).toEqual(at)
})

it('says so when a request did not go through it', () => {
  const check = validate({})
  let thrown: unknown
  try {
    check.valid({} as never)
  } catch (error) {
    thrown = error
  }
  expect(isAlfredError(thrown) && thrown.code).toBe('ALFRED_VALIDATION_NOT_RUN')
})

it('tells of refusals', async () => {
  const events = createEventBus(noopLogger)
  const seen: unknown[] = []
  events.on('validation.rejected', (event) => seen.push(event))
  await send({ schemas: { body: z.object({ a: z.string() }) }, options: { events }, body: {} })
  expect(seen).toEqual([{ status: 422, code: 'validation-failed' }])
})

it('names every refused schema and option', () => {
  expect(() => validate({ body: {}, boddy: z.string() } as never)).toThrow(
    /validate\.body: must be a zod[\s\S]*boddy/,
  )
  expect(() => validate({}, { maxErrors: 0 })).toThrow(/validate\.maxErrors/)
})

describe('functions of the application in a zod schema', () => {
  const unheard: unknown[] = []
  const note = (error: unknown): void => void unheard.push(error)
  beforeAll(() => process.on('unhandledRejection', note))
  afterAll(() => process.off('unhandledRejection', note))

  const down = new Error('the database is down')
  const rejects = (): Promise<boolean> => Promise.reject(down)
  it.each<[string, StandardSchemaV1]>([
    ['an async refinement', z.object({ name: z.string().refine(rejects) })],
    [
      'one of a list',
      z.object({ name: z.string(), tags: z.array(z.string().refine(rejects)).prefault(['a']) }),
    ],
    ['one in a union', z.union([z.string(), z.object({ name: z.string().refine(rejects) })])],
    [
      'an async check of the whole',
      z.object({ name: z.string() }).superRefine(async () => Promise.reject(down)),
    ],
    ['an async transform', z.object({ name: z.string().transform(rejects) })],
    ['an async custom type', z.object({ name: z.custom<string>(rejects as unknown as () => boolean) })],
    ['a lazy part', z.object({ name: z.lazy(() => z.string().refine(rejects)) })],
    ['a pipe', z.object({ name: z.string().pipe(z.string().refine(rejects)) })],
  ])('%s that rejects is an error of the request, once', async (_what, schema) => {
    const request = Object.assign(new IncomingMessage(new Socket()), { body: { name: 'a' } })
    const error = await new Promise<unknown>((resolve) => {
      validate({ body: schema })(request, new ServerResponse(request), resolve)
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(unheard).toEqual([])
    expect(error).toBe(down)
  })

  it('is called once for a value', async () => {
    let calls = 0
    const schema = z.object({
      name: z.string().refine(() => {
        calls += 1
        return Promise.resolve(true)
      }),
    })
    const request = Object.assign(new IncomingMessage(new Socket()), { body: { name: 'a' } })
    const error = await new Promise<unknown>((resolve) => {
      validate({ body: schema })(request, new ServerResponse(request), resolve)
    })
    expect([error, calls]).toEqual([undefined, 1])
  })
})
