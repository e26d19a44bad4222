import { expect, it } from 'vitest'
import { lifecycle } from './lifecycle.ts'

it('closes once, however often it is asked to', async () => {
  let closed = 0
  const resource = lifecycle(() => {
    closed += 1
  })
  await Promise.all([resource.close(), resource.close(), resource[Symbol.asyncDispose]()])
  expect(closed).toBe(1)
})

it('turns a throw while closing into a rejection', async () => {
  const resource = lifecycle(() => {
    throw new Error('disk full')
  })
  await expect(resource.close()).rejects.toThrow('disk full')
})

it('is ready at once unless told otherwise', async () => {
  await lifecycle(() => undefined).ready()
  const never = lifecycle(
    () => undefined,
    () => Promise.reject(new Error('no store')),
  )
  await expect(never.ready()).rejects.toThrow('no store')
})
