import { describe, expect, expectTypeOf, it } from 'vitest'
import { observed } from '../observed/observed.ts'
import { option } from './option-rules.ts'
import { inspectOptions, readOptions } from './read-options.ts'
import type { Options, Resolved } from './rule.ts'
import { noopLogger } from '../logger.ts'
import { systemClock } from '../time/clock.ts'

const policy = option
  .object({
    name: option.string(),
    limit: option.integer({ min: 1 }).default(50),
    windowMs: option.integer({ min: 1 }).default(1000),
    path: option.string().optional(),
    burst: option.integer().optional(),
  })
  .check(({ burst, limit }, report) => {
    if (burst !== undefined && burst < limit) {
      report.at('burst').add('ALFRED_CONFIG_CONFLICT', 'must not be below limit.')
    }
  })

const problemsOf = (value: unknown): readonly string[] =>
  inspectOptions('it', value, policy).problems.map(({ path, message }) => `${path}: ${message}`)

describe('an object of options', () => {
  it('fills in the defaults, and leaves out what is optional', () => {
    const read = readOptions('it', { name: 'a', windowMs: undefined, limit: 3 }, policy)
    expect(read).toStrictEqual({ name: 'a', limit: 3, windowMs: 1000 })
    expect(Object.isFrozen(read)).toBe(true)
  })

  it.each<[string, unknown, readonly string[]]>([
    ['a required option that is missing', {}, ['it.name: is required.']],
    ['one that is undefined', { name: undefined }, ['it.name: is required.']],
    ['a value beside its default', { name: 'a', limit: 5, burst: 4 }, ['it.burst: must not be below limit.']],
    ['a default beside a value', { name: 'a', burst: 49 }, ['it.burst: must not be below limit.']],
    [
      'every problem at once, with the default in place of what was refused',
      { limit: 0, burst: 49 },
      [
        'it.limit: must be a whole number, at least 1.',
        'it.name: is required.',
        'it.burst: must not be below limit.',
      ],
    ],
    ['no object', 1, ['it: must be an object.']],
  ])('reports %s', (_what, value, expected) => {
    expect(problemsOf(value)).toEqual(expected)
  })

  it('has a default of defaults', () => {
    const rule = option.object({ inner: option.object({ size: option.integer().default(3) }).orDefaults() })
    expect(readOptions('it', {}, rule)).toStrictEqual({ inner: { size: 3 } })
    expect(readOptions('it', { inner: { size: 4 } }, rule)).toStrictEqual({ inner: { size: 4 } })
  })

  it('has the types of what is written and of what is read', () => {
    expectTypeOf<Options<typeof policy>>().branded.toEqualTypeOf<{
      readonly name: string
      readonly limit?: number | undefined
      readonly windowMs?: number | undefined
      readonly path?: string | undefined
      readonly burst?: number | undefined
    }>()
    expectTypeOf<Resolved<typeof policy>>().branded.toEqualTypeOf<{
      readonly name: string
      readonly limit: number
      readonly windowMs: number
      readonly path?: string
      readonly burst?: number
    }>()
  })
})

describe('a rule', () => {
  const even = option.integer().refine((number) => number % 2 === 0, 'must be even.')

  it.each<[unknown, unknown, readonly string[]]>([
    [2, 2, []],
    [3, undefined, ['must be even.']],
    ['a', undefined, ['must be a whole number.']],
    [NaN, undefined, ['must be a whole number.']],
  ])('is refined: %j', (given, value, messages) => {
    const read = inspectOptions('it', given, even)
    expect(read.value).toBe(value)
    expect(read.problems.map(({ message }) => message)).toEqual(messages)
  })

  it('is not refined where something inside is wrong', () => {
    const filled = option.list(option.integer()).refine(({ length }) => length > 0, 'must not be empty.')
    const messages = (given: unknown): unknown =>
      inspectOptions('it', given, filled).problems.map(({ path, message }) => `${path}: ${message}`)
    expect(messages([])).toEqual(['it: must not be empty.'])
    expect(messages(['a'])).toEqual(['it[0]: must be a whole number.'])
  })

  it('is mapped when nothing is wrong, inside neither', () => {
    const sizes = option.list(option.integer()).map((list) => new Set(list))
    expect(readOptions('it', [1, 1], sizes)).toEqual(new Set([1]))
    expect(inspectOptions('it', [1, 'a'], sizes)).toMatchObject({
      value: undefined,
      problems: [{ path: 'it[1]' }],
    })
    expectTypeOf<Options<typeof sizes>>().toEqualTypeOf<readonly number[]>()
    expectTypeOf<Resolved<typeof sizes>>().toEqualTypeOf<Set<number>>()
  })

  it('is one of several, each with its own types', () => {
    const rule = option.anyOf(
      'false or an object',
      option.oneOf(false),
      option.object({ size: option.integer().default(1) }),
    )
    expect(readOptions('it', {}, rule)).toStrictEqual({ size: 1 })
    expectTypeOf<Options<typeof rule>>().branded.toEqualTypeOf<
      false | { readonly size?: number | undefined }
    >()
    expectTypeOf<Resolved<typeof rule>>().branded.toEqualTypeOf<false | { readonly size: number }>()
  })
})

it('the options that every package is observed by have one default', () => {
  expect(readOptions('it', {}, option.object(observed))).toStrictEqual({
    logger: noopLogger,
    clock: systemClock,
  })
})
