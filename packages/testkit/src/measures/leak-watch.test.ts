import { expect, it } from 'vitest'
import { createLeakWatch } from './leak-watch.ts'

const hidden = Object.defineProperty({}, 'secret', { value: 'sk-Secret', enumerable: false })

it.each<[string, unknown]>([
  ['in a text', 'the key sk-secret'],
  ['in other letters', 'SK-SECRET'],
  ['in the cause of an error', new Error('failed', { cause: new Error('sk-secret') })],
  ['in a property that does not enumerate', hidden],
  ['in what only JSON shows', { toJSON: () => 'sk-secret' }],
])('finds a secret %s', (_where, what) => {
  const watch = createLeakWatch()
  watch.note('nothing')
  watch.note(what)
  watch.logger.info({ what: 'a log' }, 'nothing')
  expect(watch.hits(['sk-secret']).length).toBeGreaterThanOrEqual(1)
  expect(watch.hits(['sk-other'])).toEqual([])
})

it('finds a secret that was logged', () => {
  const watch = createLeakWatch()
  watch.logger.warn({ key: 'sk-secret' }, 'refused')
  expect(watch.hits(['sk-secret'])).toHaveLength(2)
})
