import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEventBus, noopLogger } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { afterEach, describe, expect, it } from 'vitest'
import { judgeQuery } from './query-limits.ts'
import { createRequestLimits } from './request-limits.ts'
import { type RequestLimitsOptions, resolveRequestLimitsOptions } from './request-limits-options.ts'

describe('queries', () => {
  it.each<[RequestLimitsOptions, string, string]>([
    [{}, '', ''],
    [{}, 'a=1&b=2&c', 'a=1&b=2&c'],
    [{}, 'a=1&a=2&a[]=3', 'a=1&a=2&a[]=3'],
    [{ repeatedParameters: 'reject' }, 'a=1&a=2', 'repeated-parameter'],
    [{ repeatedParameters: 'reject' }, 'a=1&%61=2', 'repeated-parameter'],
    [{ repeatedParameters: 'reject' }, 'a+b=1&a%20b=2', 'repeated-parameter'],
    [{ repeatedParameters: 'reject' }, 'a=1&a[]=2', 'repeated-parameter'],
    [{ repeatedParameters: 'reject' }, 'a[x]=1&a=2', 'repeated-parameter'],
    [{ repeatedParameters: 'reject' }, 'a[x]=1&a%5Bx%5D=2', 'repeated-parameter'],
    [{}, 'a[]=1&a[]=2&b[x]=1&b[y]=2', 'a[]=1&a[]=2&b[x]=1&b[y]=2'],
    [{ repeatedParameters: 'first' }, 'a=1&b=2&a=3&a=4', 'a=1&b=2'],
    [{ repeatedParameters: 'last' }, 'a=1&b=2&a=3&a=4', 'b=2&a=4'],
    [{ repeatedParameters: 'reject', repeatedByName: { a: 'list' } }, 'a=1&a=2', 'a=1&a=2'],
    [{ repeatedParameters: 'reject', repeatedByName: { a: 'list' } }, 'b=1&b=2', 'repeated-parameter'],
    [{ repeatedByName: { a: 'last' } }, 'a=1&a[]=2', 'repeated-parameter'],
    [{ repeatedByName: { a: 'last' } }, 'a[x]=1&a[x]=2', 'repeated-parameter'],
    [{ maxParameters: 2 }, 'a=1&b=2', 'a=1&b=2'],
    [{ maxParameters: 2 }, 'a=1&&', 'too-many-parameters'],
    [{ maxParameterDepth: 2 }, 'a[b][c]=1', 'a[b][c]=1'],
    [{ maxParameterDepth: 2 }, 'a[b][c][d]=1', 'too-deep'],
    [{ maxParameterDepth: 2 }, 'a%5Bb%5D[c]%5bd]=1', 'too-deep'],
    [{}, '__proto__[admin]=1', 'forbidden-parameter'],
    [{}, 'a[__proto__][admin]=1', 'forbidden-parameter'],
    [{}, 'a[constructor][prototype]=1', 'forbidden-parameter'],
    [{}, 'constructor.prototype.b=1', 'forbidden-parameter'],
    [{}, 'constructor[%70rototype]=1', 'forbidden-parameter'],
    [
      {},
      'constructor=ferrari&prototype=1&a[constructor]=1',
      'constructor=ferrari&prototype=1&a[constructor]=1',
    ],
    [{}, 'a.__proto__.b=1', 'forbidden-parameter'],
    [{}, '%5F_proto__=1', 'forbidden-parameter'],
    [{}, 'under_constructor_=1&q=__proto__', 'under_constructor_=1&q=__proto__'],
    [{}, '%zz=1', 'malformed-encoding'],
    [{}, '%ff=1', 'malformed-encoding'],
    [{}, 'q=100%', 'q=100%'],
  ])('%j %s → %s', (options, given, expected) => {
    const verdict = judgeQuery(given, resolveRequestLimitsOptions(options))
    expect('query' in verdict ? verdict.query : verdict.refusal).toBe(expected)
  })
})

let server: Server | undefined

afterEach(() => {
  server?.close()
})

async function start(listener: Parameters<typeof createServer>[1]): Promise<string> {
  const started = createServer(listener)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${String((started.address() as AddressInfo).port)}`
}

const long = 'x'.repeat(200)

it.each<[string, string, Record<string, string>, number, string, string]>([
  ['a URL', `/${'x'.repeat(100)}`, {}, 414, 'url-too-long', 'url-too-long'],
  ['a query', '/?a=1&a=2', {}, 400, 'invalid-query', 'repeated-parameter'],
  ['a field', '/', { 'x-a': long }, 431, 'header-too-large', 'header-too-long'],
  [
    'fields together',
    '/',
    {
      'x-a': long.slice(0, 90),
      'x-b': long.slice(0, 90),
      'x-c': long.slice(0, 90),
      'x-d': long.slice(0, 90),
    },
    431,
    'header-too-large',
    'headers-too-long',
  ],
  [
    'the number of fields',
    '/',
    Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x-${String(index)}`, 'a'])),
    431,
    'header-too-large',
    'too-many-headers',
  ],
])('refuses %s', async (_name, path, headers, status, type, code) => {
  const events = createEventBus(noopLogger)
  const seen: unknown[] = []
  events.on('validation.rejected', (event) => seen.push(event))
  const limits = createRequestLimits({
    maxUrlLength: 100,
    maxHeaderLength: 100,
    maxHeadersLength: 400,
    maxHeaders: 15,
    repeatedParameters: 'reject',
    skip: '/skipped',
    events,
  })
  const url = await start((request, response) => {
    limits(request, response, () => response.end('passed'))
  })
  const response = await fetch(url + path, { headers })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect([response.status, await response.json()]).toEqual([
    status,
    expect.objectContaining({ type: `urn:alfred:problem:${type}`, code }),
  ])
  expect(seen).toEqual([{ status, code }])
  expect(await (await fetch(`${url}/skipped?a=1&a=2`)).text()).toBe('passed')
})

it.each([
  ['Express 5', express],
  ['Express 4', express4 as unknown as typeof express],
])('leaves %s one value of a repeated parameter', async (_name, framework) => {
  const app = framework()
  app.use(createRequestLimits({ repeatedByName: { page: 'last', tag: 'list' } }))
  app.use(
    '/api',
    framework.Router().get('/items', (req, res) => {
      res.json(req.query)
    }),
  )
  const url = await start(app)
  const response = await fetch(`${url}/api/items?page=1&tag=a&tag=b&page=2`)
  expect(await response.json()).toEqual({ page: '2', tag: ['a', 'b'] })
})

it('names every refused option', () => {
  const options = { maxParameter: 1, repeatedParameters: 'both', repeatedByName: { a: 'none' } }
  expect(() => createRequestLimits(options as unknown as RequestLimitsOptions)).toThrow(
    /requestLimits\.maxParameter:[\s\S]*requestLimits\.repeatedParameters[\s\S]*requestLimits\.repeatedByName\.a/,
  )
})
