import { describe, expect, it } from 'vitest'
import { AlfredConfigError, collectConfigProblems } from '../errors/config-error.ts'
import type { ConfigProblem } from '../errors/config-problem.ts'
import type { OptionRule } from './option-rule.ts'
import { option } from './option-rules.ts'
import { readOptions } from './read-options.ts'

interface Policy {
  readonly name: string
  readonly limit: number
  readonly mode?: 'enforce' | 'shadow' | undefined
}

const policy = option.objectOf<Policy>(
  {
    name: option.string(),
    limit: option.integer({ min: 1 }),
    mode: option.oneOf('enforce', 'shadow'),
  },
  { required: ['name', 'limit'] },
)

function problemsOf(rule: OptionRule<unknown>, value: unknown): readonly ConfigProblem[] {
  try {
    readOptions('it', value, rule)
    return []
  } catch (error) {
    if (error instanceof AlfredConfigError) return error.problems
    throw error
  }
}

it('returns the accepted options', () => {
  expect(readOptions('policy', { name: 'chat', limit: 10, mode: undefined }, policy)).toEqual({
    name: 'chat',
    limit: 10,
  })
})

it('names every problem at once, with paths and suggestions', () => {
  const rule = option.objectOf<{ policies: readonly Policy[] }>({ policies: option.list(policy, { min: 1 }) })
  const wrong = { policies: [{ name: '', limt: 3, mode: 'shadw' }], polices: 1 }
  expect(() => readOptions('rateLimit', wrong, rule)).toThrow(
    [
      'The configuration has 5 problems:',
      '  rateLimit.policies[0].name: must be a non-empty string. (ALFRED_CONFIG_WRONG_TYPE)',
      '  rateLimit.policies[0].limt: is not an option. Did you mean "limit"? (ALFRED_CONFIG_UNKNOWN_KEY)',
      '  rateLimit.policies[0].mode: must be one of enforce, shadow. Did you mean "shadow"? (ALFRED_CONFIG_OUT_OF_RANGE)',
      '  rateLimit.policies[0].limit: is required. (ALFRED_CONFIG_MISSING)',
      '  rateLimit.polices: is not an option. Did you mean "policies"? (ALFRED_CONFIG_UNKNOWN_KEY)',
    ].join('\n'),
  )
})

it('never shows a value', () => {
  const secret = 'sk-live-123'
  const rule = option.objectOf<{ key: number }>({ key: option.number() })
  expect(JSON.stringify(problemsOf(rule, { key: secret, [`nested`]: { secret } }))).not.toContain(secret)
})

describe('each rule', () => {
  const accepted = undefined
  it.each<[string, OptionRule<unknown>, unknown, string | undefined]>([
    ['boolean', option.boolean(), false, accepted],
    ['boolean', option.boolean(), 0, 'must be true or false.'],
    ['string', option.string(), 'a', accepted],
    ['string', option.string(), '', 'must be a non-empty string.'],
    ['string with a hint', option.string({ pattern: /^\//, hint: 'a path' }), 'a', 'must be a path.'],
    ['number', option.number({ min: 0, max: 1 }), 0.5, accepted],
    ['number', option.number({ min: 0, max: 1 }), 2, 'must be a number from 0 to 1.'],
    ['number', option.number(), NaN, 'must be a number.'],
    ['integer', option.integer({ min: 1 }), 1.5, 'must be a whole number, at least 1.'],
    ['number, quoted', option.number(), '5', 'must be a number, without quotes.'],
    ['number', option.number(), Infinity, 'must be a number.'],
    ['integer', option.integer(), 2 ** 53, 'must be a whole number.'],
    ['integer', option.integer({ max: 5 }), 6, 'must be a whole number, at most 5.'],
    ['integer', option.integer({ max: 5 }), null, 'must be a whole number.'],
    ['function', option.function(), () => 1, accepted],
    ['function', option.function(), {}, 'must be a function.'],
    ['methods', option.withMethods<{ ping(): void }>('ping'), { ping: () => 1 }, accepted],
    ['methods', option.withMethods<{ ping(): void }>('ping'), {}, 'must be an object with ping().'],
    ['list', option.list(option.string()), ['a'], accepted],
    ['list', option.list(option.string()), 'a', 'must be a list.'],
    ['list with a hole', option.list(option.string()), new Array(1), 'must be a non-empty string.'],
    ['list', option.list(option.string()), new Set(['a']), 'must be a list.'],
    ['list', option.list(option.string(), { min: 1 }), [], 'must have at least 1 entry.'],
    ['record', option.record(option.integer()), { a: 1 }, accepted],
    ['record', option.record(option.integer()), { a: 'x' }, 'must be a whole number.'],
    ['any of', option.anyOf('false or text', option.oneOf(false), option.string()), 'a', accepted],
    [
      'any of',
      option.anyOf('false or text', option.oneOf(false), option.string()),
      3,
      'must be false or text.',
    ],
    ['object', option.objectOf<object>({}), [], 'must be an object, not a list.'],
  ])('%s takes or refuses %#', (_name, rule, value, message) => {
    expect(problemsOf(rule, value)[0]?.message).toBe(message)
  })
})

it('gives the unit that the name ends in', () => {
  const rule = option.objectOf<{ windowMs: number; maxBytes: number }>({
    windowMs: option.integer({ min: 1000, max: 5000 }),
    maxBytes: option.integer({ min: 1 }),
  })
  expect(problemsOf(rule, { windowMs: 60, maxBytes: '1mb' })).toMatchObject([
    { path: 'it.windowMs', message: 'must be a whole number of milliseconds from 1000 to 5000.' },
    { path: 'it.maxBytes', message: 'must be a whole number of bytes.' },
  ])
})

it('copies lists, so that what is changed later changes nothing', () => {
  const given = ['a']
  const read = readOptions('it', given, option.list(option.string()))
  given.push('b')
  expect(read).toEqual(['a'])
  expect(Object.isFrozen(read)).toBe(true)
})

describe('anyOf', () => {
  const rule = option.anyOf(
    'off, a list of names or { name }',
    option.oneOf('off'),
    option.list(option.string()),
    option.objectOf<{ name: string }>({ name: option.string() }, { required: ['name'] }),
  )
  it.each<[string, unknown, string, string]>([
    ['an entry of a list', ['a', 1], 'it[1]', 'must be a non-empty string.'],
    ['a member of an object', { name: 1 }, 'it.name', 'must be a non-empty string.'],
    ['a missing member', {}, 'it.name', 'is required.'],
    ['another shape', 5, 'it', 'must be off, a list of names or { name }.'],
    ['nothing at all', null, 'it', 'must be off, a list of names or { name }.'],
  ])('reports %s where it stands', (_what, value, path, message) => {
    expect(problemsOf(rule, value)).toMatchObject([{ path, message }])
  })
})

describe('collectConfigProblems', () => {
  it('moves the problems of a refused construction', () => {
    const problems: ConfigProblem[] = []
    const made = collectConfigProblems(problems, () => readOptions('x', 1, policy))
    expect(made).toBeUndefined()
    expect(problems).toMatchObject([{ path: 'x', code: 'ALFRED_CONFIG_WRONG_TYPE' }])
  })

  it('lets other errors pass', () => {
    expect(() => {
      collectConfigProblems([], () => {
        throw new RangeError('boom')
      })
    }).toThrow(RangeError)
  })
})
