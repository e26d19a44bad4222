import { noopLogger } from '@alfred/core'
import { expect, it } from 'vitest'
import { resolveRedisConnection } from './redis-access.ts'

const methods = { duplicate: () => undefined, eval: () => undefined, disconnect: () => undefined }

const resolve = (client: object) =>
  resolveRedisConnection('redisVaultStore', { client, logger: noopLogger } as unknown as Parameters<
    typeof resolveRedisConnection
  >[1])

it('takes a client of one Redis or of Sentinel', () => {
  const client = { ...methods, isCluster: false }
  expect(resolve(client).source).toBe(client)
})

it('refuses a client of a Cluster, whose copies would wait without an end', () => {
  expect(() => resolve({ ...methods, isCluster: true })).toThrow(
    'redisVaultStore.client: must be a client of one Redis or of Sentinel, not of a Cluster.',
  )
})
