import { createEventBus, type Logger, noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { identifier } from '../fields/identifier.ts'
import { chatMessage, text } from '../fields/text.ts'
import { type RequestSchemas, validate } from './validate.ts'
import type { ContentFlag } from '../inspection/flag-collector.ts'

interface Outcome {
  readonly flags: readonly ContentFlag[]
  readonly logged: readonly unknown[]
}

/** Sends a body through a validation. */
async function send(schemas: RequestSchemas, body: unknown, query = ''): Promise<Outcome> {
  const events = createEventBus(noopLogger)
  const flags: ContentFlag[] = []
  const logged: unknown[] = []
  events.on('validation.flagged', (flag) => flags.push(flag))
  const log = (...entry: unknown[]): number => logged.push(entry)
  const logger = { ...noopLogger, debug: log, info: log } as Logger
  const check = validate(schemas, { events, logger })
  const response = {
    statusCode: 200,
    headersSent: false,
    getHeaderNames: () => [],
    setHeader: () => undefined,
    removeHeader: () => undefined,
    end: () => undefined,
  }
  const request = { headers: {}, method: 'POST', url: `/${query}`, body }
  await new Promise<void>((resolve) => {
    check(request as never, { ...response, end: resolve } as never, () => {
      resolve()
    })
  })
  return { flags, logged }
}

const attack = "' OR 1=1 -- "

it('tells where the flagged text stands, and never the text', async () => {
  const { flags, logged } = await send(
    { body: z.strictObject({ messages: z.array(z.strictObject({ content: chatMessage() })) }) },
    { messages: [{ content: 'hello' }, { content: attack }] },
  )
  expect(flags).toEqual([
    {
      detector: 'sql',
      action: 'flag',
      kind: 'text',
      pointer: '/body/messages/1/content',
      score: expect.any(Number) as number,
      spans: expect.arrayContaining([
        { start: 2, end: 8, hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string },
      ]) as never,
      hash: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      requestId: undefined,
    },
  ])
  expect(JSON.stringify([flags, logged])).not.toContain('1=1')
})

it('gives equal texts equal hashes, and each its own place', async () => {
  const { flags } = await send(
    { body: z.strictObject({ a: chatMessage(), b: chatMessage() }) },
    { a: attack, b: attack },
  )
  expect(flags.map(({ pointer }) => pointer)).toEqual(['/body/a', '/body/b'])
  expect(new Set(flags.map(({ hash }) => hash)).size).toBe(1)
})

it('flags once although an asynchronous schema is run twice', async () => {
  const slow = z
    .strictObject({ a: chatMessage() })
    .refine(() => Promise.resolve(true))
    .and(z.object({}))
  expect((await send({ body: slow }, { a: attack })).flags).toHaveLength(1)
})

it('points to the part when the schema changed the text first', async () => {
  const { flags } = await send(
    { body: z.object({ a: z.string().trim().pipe(chatMessage()) }) },
    { a: `  ${attack}` },
  )
  expect(flags.map(({ pointer }) => pointer)).toEqual(['/body'])
})

it('tells of refusals by content, in the query as well', async () => {
  const schemas = {
    query: z.object({ name: identifier({ characters: 'words', detectors: { sql: 'reject' } }) }),
  }
  const refused = await send(schemas, undefined, "?name=x' union select password")
  expect(refused.flags).toMatchObject([{ detector: 'sql', action: 'reject', pointer: '/query/name' }])
})

it('takes out what a detector is told to sanitise', () => {
  const field = text({ maxLength: 200, detectors: { unicode: 'sanitize', secret: 'sanitize' } })
  const key = `ghp_${'a1B2c3D4e5F6'.repeat(3)}`
  expect(field.parse(`if (admin\u202e) use ${key}`)).toBe('if (admin) use [redacted]')
  expect(field.parse('👩‍👩‍👧‍👦 نص‌ها')).toBe('👩‍👩‍👧‍👦 نص‌ها')
})

it('reads a threshold by its name', () => {
  const of = (threshold: 'attack' | 'suspicious') =>
    text({ maxLength: 99, detectors: { code: { action: 'reject', threshold } } })
  expect(of('suspicious').safeParse('eval(code)').success).toBe(false)
  expect(of('attack').safeParse('eval(code)').success).toBe(true)
  expect(of('attack').safeParse('{{7*7}}').success).toBe(false)
})

it('reads a threshold, and refuses what makes no sense', () => {
  const careful = text({ maxLength: 99, detectors: { sql: { action: 'reject', threshold: 0.99 } } })
  expect(careful.safeParse('1 order by 3').success).toBe(true)
  expect(careful.safeParse(attack).success).toBe(false)
  expect(() => text({ maxLength: 1, detectors: { prompt: 'reject' } as never })).toThrow(
    /detectors\.prompt: must be one of allow, flag/,
  )
  expect(() => text({ maxLength: 1, detectors: { sql: 'sanitize' } })).toThrow(/detectors\.sql/)
  expect(() => text({ maxLength: 1, detectors: { sqli: 'flag' } as never })).toThrow(/Did you mean "sql"/)
})

it('looks through long texts in turns, with the same outcome', async () => {
  const long = `${'x '.repeat(10_000)}${attack}`
  const body = z.strictObject({
    a: text({ maxLength: 50_000 }),
    b: text({ maxLength: 50_000 }),
    c: chatMessage(),
  })
  const { flags } = await send({ body }, { a: long, b: long, c: attack })
  expect(flags.map(({ detector, pointer }) => `${detector} ${pointer}`).toSorted()).toEqual([
    'sql /body/a',
    'sql /body/b',
    'sql /body/c',
  ])
})

it('refuses and sanitises long texts as it does short ones', async () => {
  const long = `${'x'.repeat(20_000)}\u202e`
  const fields = {
    reject: text({ maxLength: 50_000, detectors: { unicode: 'reject' } }),
    sanitize: text({ maxLength: 50_000, detectors: { unicode: 'sanitize' } }),
  }
  expect(fields.sanitize.parse(long)).toBe('x'.repeat(20_000))
  const check = validate({ body: z.object({ long: fields.sanitize }) })
  const request = { headers: {}, method: 'POST', url: '/', body: { long } }
  await new Promise((resolve) => {
    check(request as never, {} as never, resolve)
  })
  expect(check.valid(request as never).body.long).toBe('x'.repeat(20_000))
  const { flags } = await send({ body: z.object({ long: fields.reject }) }, { long })
  expect(flags).toMatchObject([{ action: 'reject', pointer: '/body/long' }])
})

it('tells of a bounded number of flags, in time that does not grow with their square', async () => {
  const { flags } = await send(
    { body: z.array(chatMessage()) },
    Array.from({ length: 5000 }, () => attack),
  )
  expect(flags).toHaveLength(64)
})
