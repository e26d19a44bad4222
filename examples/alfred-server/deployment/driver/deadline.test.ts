import { expect, it } from 'vitest'
import { withDeadline } from './deadline.ts'

it('waits for work that was ended until it has put things in order', async () => {
  const ending = new AbortController()
  const { promise: ordered, resolve } = Promise.withResolvers<undefined>()
  let isOrdered = false
  const running = withDeadline(
    'the run',
    60_000,
    ending.signal,
    async () => {
      await ordered
      isOrdered = true
      throw new Error('psql ended with SIGKILL')
    },
    60_000,
  )
  ending.abort(new Error('ended by SIGTERM'))
  setImmediate(resolve, undefined)
  await expect(running).rejects.toThrow('ended by SIGTERM')
  expect(isOrdered).toBe(true)
})

it('does not wait for work that never ends', async () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  const running = withDeadline('the run', 1, new AbortController().signal, never, 1)
  await expect(running).rejects.toThrow('the run took longer than 0.001 s')
})
