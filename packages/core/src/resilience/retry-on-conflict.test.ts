import { expect, it } from 'vitest'
import { retryOnConflict } from './retry-on-conflict.ts'

const retries = { maxAttempts: 3, store: 'vault' }

it.each([0, 1, 2])('writes after %i conflicts', async (conflicts) => {
  let attempts = 0
  const value = await retryOnConflict(retries, () =>
    Promise.resolve(attempts++ < conflicts ? undefined : { value: 'written' }),
  )
  expect([value, attempts]).toEqual(['written', conflicts + 1])
})

it('gives up when others always write first', async () => {
  let attempts = 0
  await expect(
    retryOnConflict(retries, () => {
      attempts += 1
      return Promise.resolve(undefined)
    }),
  ).rejects.toMatchObject({
    code: 'ALFRED_VAULT_CONFLICT',
    details: { store: 'vault', attempts: 3 },
    message: 'Gave up after 3 attempts: other processes kept writing first. Retry.',
  })
  expect(attempts).toBe(3)
})

it('tries nothing again that failed for another reason', async () => {
  let attempts = 0
  await expect(
    retryOnConflict(retries, () => {
      attempts += 1
      return Promise.reject(new Error('disk full'))
    }),
  ).rejects.toThrow('disk full')
  expect(attempts).toBe(1)
})
