import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { identifier } from '../../fields/identifier.ts'
import { toValidationErrors, type ValidationError } from './validation-error.ts'

async function errorsOf(schema: StandardSchemaV1, input: unknown): Promise<readonly ValidationError[]> {
  const { issues = [] } = await schema['~standard'].validate(input)
  return toValidationErrors('body', schema, input, issues, 20)
}

const input = {
  name: 'ab<secret>',
  short: 'a',
  count: 9,
  ratio: 5,
  choice: 'z',
  kind: 'z',
  mail: 'nope',
  pattern: 'b',
  list: [1, 2, 3],
  typed: 'text',
  colour: 1,
}

describe.each<[string, StandardSchemaV1]>([
  [
    'zod',
    z.strictObject({
      name: z.string().max(5),
      short: z.string().min(3),
      count: z.number().max(5),
      ratio: z.number().lt(5),
      choice: z.enum(['x', 'y']),
      kind: z.literal('k'),
      mail: z.email(),
      pattern: z.string().regex(/a/),
      list: z.array(z.number()).max(2),
      typed: z.number(),
      absent: z.string(),
      color: z.optional(z.number()),
    }),
  ],
  [
    'valibot',
    v.strictObject({
      name: v.pipe(v.string(), v.maxLength(5)),
      short: v.pipe(v.string(), v.minLength(3)),
      count: v.pipe(v.number(), v.maxValue(5)),
      ratio: v.pipe(v.number(), v.ltValue(5)),
      choice: v.picklist(['x', 'y']),
      kind: v.literal('k'),
      mail: v.pipe(v.string(), v.email()),
      pattern: v.pipe(v.string(), v.regex(/a/)),
      list: v.pipe(v.array(v.number()), v.maxLength(2)),
      typed: v.number(),
      absent: v.string(),
      color: v.optional(v.number()),
    }),
  ],
  [
    'arktype',
    type({
      name: 'string<=5',
      short: 'string>=3',
      count: 'number<=5',
      ratio: 'number<5',
      choice: "'x'|'y'",
      kind: "'k'",
      mail: 'string.email',
      pattern: '/a/',
      list: 'number[]<=2',
      typed: 'number',
      absent: 'string',
      'color?': 'number',
      '+': 'reject',
    }),
  ],
])('%s', (vendor, schema) => {
  it('says what is wrong, with the bounds of the schema and nothing of the input', async () => {
    const errors = await errorsOf(schema, input)
    const byPointer = Object.fromEntries(errors.map((error) => [error.pointer, error]))
    const isArkType = vendor === 'arktype'
    expect(byPointer).toMatchObject({
      '/body/name': { code: 'too-long', maximum: 5, unit: 'characters' },
      '/body/short': { code: 'too-short', minimum: 3, unit: 'characters' },
      '/body/count': { code: 'too-big', maximum: 5, detail: 'Must be at most 5.' },
      '/body/ratio': { code: 'too-big', exclusiveMaximum: 5, detail: 'Must be less than 5.' },
      '/body/choice': { code: 'not-allowed', allowed: ['x', 'y'] },
      '/body/kind': { code: 'not-allowed' },
      '/body/mail': { code: 'wrong-format', ...(!isArkType && { format: 'email' }) },
      '/body/pattern': { code: 'wrong-format' },
      '/body/list': { code: 'too-long', maximum: 2, unit: 'elements' },
      '/body/typed': { code: 'wrong-type', ...(!isArkType && { expected: 'number' }) },
      '/body/absent': { code: 'required', detail: 'Is required.' },
      '/body/colour': { code: 'unknown-member', ...(!isArkType && { suggestion: 'color' }) },
    })
    expect(errors).toHaveLength(12)
    expect(JSON.stringify(errors)).not.toContain('secret')
    expect(byPointer['/body/kind']).not.toHaveProperty('allowed')
  })
})

it.each<[string, StandardSchemaV1, unknown, object]>([
  [
    'a text of valibot',
    v.pipe(v.string(), v.minValue('b')),
    'a',
    { code: 'too-small', minimum: 'b', detail: 'Must be at least b.' },
  ],
  ['no number', v.pipe(v.number(), v.minValue(NaN)), 1, { code: 'invalid', detail: 'Is not valid.' }],
  [
    'a date of zod',
    z.coerce.date().min(new Date(0)),
    -1,
    {
      code: 'too-small',
      minimum: '1970-01-01T00:00:00.000Z',
      detail: 'Must be at least 1970-01-01T00:00:00.000Z.',
    },
  ],
])('says a bound that is %s', async (_what, schema, value, expected) => {
  expect(await errorsOf(schema, value)).toEqual([{ pointer: '/body', ...expected }])
})

it('names no values that a header may have', () => {
  const schema = z.object({ 'x-token': z.enum(['secret-a', 'secret-b']) })
  const sent = { 'x-token': 'x' }
  const issues = schema.safeParse(sent).error?.issues ?? []
  expect(toValidationErrors('headers', schema, sent, issues, 1)).toEqual([
    { pointer: '/headers/x-token', code: 'not-allowed', detail: 'Is none of the allowed values.' },
  ])
})

it.each<[string, StandardSchemaV1, object]>([
  [
    "zod's author",
    z.object({ a: z.string().min(3, 'Give three letters.') }),
    { code: 'too-short', minimum: 3 },
  ],
  [
    "zod's author, with a code",
    z.object({
      a: z
        .string()
        .refine(() => false, { message: 'Give three letters.', params: { code: 'too-few-letters' } }),
    }),
    { code: 'too-few-letters' },
  ],
  [
    "valibot's author",
    v.object({ a: v.pipe(v.string(), v.minLength(3, 'Give three letters.')) }),
    { minimum: 3 },
  ],
  [
    "valibot's author of a check",
    v.object({
      a: v.pipe(
        v.string(),
        v.check(() => false, 'Give three letters.'),
      ),
    }),
    { code: 'invalid' },
  ],
])('passes on what %s says', async (_who, schema, expected) => {
  expect(await errorsOf(schema, { a: 'b' })).toEqual([
    expect.objectContaining({ pointer: '/body/a', detail: 'Give three letters.', ...expected }) as object,
  ])
})

it.each([{ code: 'Free text <b>' }, { code: 7 }, {}, undefined])(
  'takes no code such as %j',
  async (params) => {
    const schema = z.string().refine(() => false, params && { params })
    expect(await errorsOf(schema, 'a')).toEqual([
      { pointer: '/body', code: 'invalid', detail: 'Is not valid.' },
    ])
  },
)

it('names the members of nested objects, and no name that is free text', async () => {
  const schema = z.object({ list: z.array(z.strictObject({ title: z.string().optional() })).optional() })
  expect(await errorsOf(schema, { list: [{ titel: 'a', '<b>': 1, quite_another: 1 }] })).toEqual([
    {
      pointer: '/body/list/0/titel',
      code: 'unknown-member',
      suggestion: 'title',
      detail: 'Is not known. Did you mean title?',
    },
    { pointer: '/body/list/0', code: 'unknown-member', detail: 'Has members that are not known.' },
    { pointer: '/body/list/0/quite_another', code: 'unknown-member', detail: 'Is not known.' },
  ])
})

it.each<[string, StandardSchemaV1, unknown, object]>([
  [
    'a list of values with a bar',
    v.picklist(['a | b', 'c']),
    'd',
    { code: 'not-allowed', allowed: ['a | b', 'c'] },
  ],
  ['a length', v.pipe(v.string(), v.length(4)), 'ab', { code: 'invalid' }],
  ['a multiple', v.pipe(v.number(), v.multipleOf(5)), 3, { code: 'invalid' }],
  ['a union', v.union([v.string(), v.number()]), true, { code: 'invalid' }],
  ['a field of this package', identifier(), 'a b', { code: 'wrong-format' }],
])('says nothing wrong about %s', async (_what, schema, value, expected) => {
  const [error] = await errorsOf(schema, value)
  expect(error).toEqual({ pointer: '/body', detail: expect.any(String) as string, ...expected })
})
