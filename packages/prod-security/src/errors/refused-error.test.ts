import { expect, it } from 'vitest'
import { describeRefusedError } from './refused-error.ts'

const secret = 'hunter2 hunter2'

it.each([
  [
    'an error of a body parser',
    Object.assign(new SyntaxError(`Unexpected token in "${secret}"`), {
      type: 'entity.parse.failed',
      body: secret,
    }),
    { name: 'SyntaxError', type: 'entity.parse.failed', code: undefined },
  ],
  ['a code', Object.assign(new Error(secret), { code: 'ERR_X' }), { name: 'Error', code: 'ERR_X' }],
  ['text in the place of words', { name: secret, type: [secret], code: 'x'.repeat(65) }, {}],
  ['the longest word', { code: 'x'.repeat(64) }, { code: 'x'.repeat(64) }],
  [
    'a getter that throws',
    {
      get name() {
        throw new Error(secret)
      },
    },
    {},
  ],
  ['a string', secret, {}],
  ['null', null, {}],
])('says of %s its words alone', (_what, error, words) => {
  expect(describeRefusedError(error)).toEqual(words)
})
