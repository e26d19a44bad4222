import { describe, expect, it } from 'vitest'
import { AlfredConfigError, collectConfigProblems, type ConfigProblem } from './config-error.ts'
import { option, type OptionRule, readOptions } from './option-rules.ts'

interface Policy {
  readonly name: string
  readonly limit: number
  readonly mode?: 'enforce' | 'shadow' | undefined
}

const policy = option.object<Policy>(
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
  const rule = option.object<{ policies: readonly Policy[] }>({ policies: option.list(policy, { min: 1 }) })
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
  const rule = option.object<{ key: number }>({ key: option.number() })
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
    ['integer', option.integer({ min: 1 }), 1.5, 'must be a whole number at least 1.'],
    ['function', option.function(), () => 1, accepted],
    ['function', option.function(), {}, 'must be a function.'],
    ['methods', option.withMethods<{ ping(): void }>('ping'), { ping: () => 1 }, accepted],
    ['methods', option.withMethods<{ ping(): void }>('ping'), {}, 'must be an object with ping().'],
    ['list', option.list(option.string()), ['a'], accepted],
    ['list', option.list(option.string()), 'a', 'must be a list.'],
    ['record', option.record(option.integer()), { a: 1 }, accepted],
    ['record', option.record(option.integer()), { a: 'x' }, 'must be a whole number.'],
    ['any of', option.anyOf<unknown>('false or text', option.oneOf(false), option.string()), 'a', accepted],
    [
      'any of',
      option.anyOf<unknown>('false or text', option.oneOf(false), option.string()),
      3,
      'must be false or text.',
    ],
    ['object', option.object<object>({}), [], 'must be an object.'],
  ])('%s takes or refuses %#', (_name, rule, value, message) => {
    expect(problemsOf(rule, value)[0]?.message).toBe(message)
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
