import { expect, it } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { reportMisplaced } from './misplaced-options.ts'
import { readOptions } from './read-options.ts'

it.each<[unknown, string[]]>([
  [{ logger: {}, clock: {} }, ['layer.logger: logger belongs at the top.']],
  [{ logger: null }, ['layer.logger: logger belongs at the top.']],
  [{ logger: undefined }, []],
  [Object.create({ logger: {} }), []],
  [true, []],
  [null, []],
  ['logger', []],
])('%o', (options, expected) => {
  const read = (): unknown =>
    readOptions('layer', options, (value, report) => {
      reportMisplaced(value, ['logger'], 'at the top', report)
      return true
    })
  let found: string[] = []
  try {
    read()
  } catch (error) {
    if (!(error instanceof AlfredConfigError)) throw error
    found = error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
  expect(found).toEqual(expected)
})
