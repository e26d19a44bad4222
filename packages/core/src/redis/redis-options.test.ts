import { describe, expect, it } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { noopLogger } from '../logger.ts'
import { readRedisConnection, type RedisConnectionOptions, resolveRedisConnection } from './redis-options.ts'

const resolve = (options: RedisConnectionOptions) => readRedisConnection('redis', options)
const url = 'redis://127.0.0.1:6379'
const client = { duplicate: () => undefined, evalsha: () => undefined, disconnect: () => undefined }
const pem = '-----BEGIN CERTIFICATE-----'

describe('where Redis is', () => {
  it.each([
    [{ url }, { kind: 'url', url }],
    [{ cluster: [url] }, { kind: 'cluster', urls: [url] }],
    [{ sentinel: { urls: [url], name: 'm' } }, { kind: 'sentinel', sentinel: { urls: [url], name: 'm' } }],
    [{ client }, { kind: 'client', client }],
  ])('%#', (options, source) => {
    expect(resolve(options)).toEqual({
      source,
      tls: undefined,
      protocol: undefined,
      timeoutMs: 1000,
      logger: noopLogger,
    })
  })

  it('has the time-out of the store, unless one is given', () => {
    expect(resolveRedisConnection({ url }, 2000)?.timeoutMs).toBe(2000)
    expect(resolveRedisConnection({ url, timeoutMs: 1 }, 2000)?.timeoutMs).toBe(1)
  })
})

describe('refuses', () => {
  it.each([
    [{}, 'redis.url: is required, unless cluster, sentinel or client is given.'],
    [{ url, cluster: [url] }, 'redis.cluster: must not be given together with url.'],
    [{ client, tls: {} }, 'redis.tls: must not be given together with client.'],
    [{ client, protocol: 2 }, 'redis.protocol: must not be given together with client.'],
    [{ url: 'http://127.0.0.1' }, 'redis.url: must be a redis:// or rediss:// URL.'],
    [{ url: 'redis://127.0.0.1 6379' }, 'redis.url: must be a redis:// or rediss:// URL.'],
    [{ cluster: [] }, 'redis.cluster: must have at least 1 entry.'],
    [{ sentinel: { urls: [url] } }, 'redis.sentinel.name: is required.'],
    [{ sentinel: { urls: [url], name: 'm', username: 'u' } }, 'username: does nothing without password.'],
    [
      { sentinel: { urls: [url], name: 'm', db: 65_536 } },
      'redis.sentinel.db: must be a whole number from 0',
    ],
    [{ client: { ...client, evalsha: 1 } }, 'redis.client: must be an object with duplicate(), evalsha()'],
    [{ url, tls: { ca: 'not PEM' } }, 'redis.tls.ca: must be PEM.'],
    [{ url, tls: { cert: pem } }, 'redis.tls.cert: does nothing without key.'],
    [{ url, tls: { rejectUnauthorized: false } }, 'redis.tls.rejectUnauthorized: is not an option.'],
    [{ url, protocol: 1 }, 'redis.protocol: must be one of 2, 3.'],
    [{ url, timeoutMs: 0 }, 'redis.timeoutMs: must be a whole number of milliseconds from 1 to 60000.'],
    [{ url, timeoutMs: 60_001 }, 'redis.timeoutMs: must be a whole number of milliseconds from 1 to 60000.'],
    [{ url, uri: url }, 'redis.uri: is not an option.'],
  ])('%#: %s', (options, problem) => {
    const call = (): unknown => resolve(options as never)
    expect(call).toThrow(AlfredConfigError)
    expect(call).toThrow(problem)
  })
})
