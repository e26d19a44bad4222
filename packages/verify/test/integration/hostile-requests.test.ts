import { startRedis } from '@alfred/testkit'
import { describe, expect, it } from 'vitest'
import { findLeakInAnswer, markers } from '../../src/hostile/requests/markers.ts'
import { readAnswers } from '../../src/hostile/read-answers.ts'
import { runHostile } from '../../src/hostile/run-hostile.ts'

const clean = { crashes: 0, hangs: 0, unexpected5xx: 0, leaks: 0, leftovers: 0 }

describe('hostile requests', () => {
  it('neither crash, hang, fail nor open a server behind the whole stack', { timeout: 180_000 }, async () => {
    await using redis = await startRedis({ args: ['--requirepass', markers.planted] })
    const redisUrl = redis.url.replace('redis://', `redis://:${markers.planted}@`)
    const findings: string[] = []
    const figures = await runHostile({
      servers: [{ framework: 'express4' }, { framework: 'express5', redisUrl }, { framework: 'node:http' }],
      serversAtOnce: 3,
      requestsPerServer: 500,
      seed: 20_261_130,
      boundMs: 20_000,
      report: (line) => findings.push(line),
    })
    expect(figures, findings.join('\n')).toMatchObject({ requests: 1500, ...clean })
    expect(figures.heapGrowthMb).toBeLessThanOrEqual(5)
  })

  it('show every fault of an application that has them all', { timeout: 60_000 }, async () => {
    const figures = await runHostile({
      servers: [{ framework: 'weak' }],
      serversAtOnce: 1,
      requestsPerServer: 150,
      seed: 1,
      boundMs: 3000,
      report: () => undefined,
    })
    expect(Math.min(figures.crashes, figures.hangs, figures.unexpected5xx, figures.leaks)).toBeGreaterThan(0)
    expect(figures.heapGrowthMb).toBeGreaterThan(5)
  })
})

describe('findLeakInAnswer', () => {
  it.each([
    ['HTTP/1.1 404 Not Found\r\n\r\n{"title":"Not Found"}', undefined],
    [`X-Injected: ${markers.sentText.toLowerCase()}`, markers.sentText],
    [`{"errors":[{"pointer":"/body/${markers.sentText}","code":"unknown-member"}]}`, undefined],
    [`{"errors":[{"pointer":"/body/${markers.sentText}","code":"too-long"}]}`, markers.sentText],
    [`{"errors":[{"pointer":"/body/<${markers.sentText}>","code":"unknown-member"}]}`, markers.sentText],
    ['Error: x\n    at handler (/srv/app.js:1:2)', 'at handler (/srv/app.js:1:2)'],
    ['SyntaxError: Unexpected token', 'SyntaxError'],
    ['X-Powered-By: Express', 'Express'],
    ['code: ERR_INVALID_URL', 'ERR_INVALID_URL'],
  ])('finds in %j %j', (text, found) => {
    expect(findLeakInAnswer(text)).toBe(found)
  })
})

describe('readAnswers', () => {
  it.each([
    ['one', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', false, [200]],
    ['one that is not complete', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok', false, []],
    [
      'two',
      'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 400 Bad Request\r\n\r\n',
      false,
      [200, 400],
    ],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', false, [200]],
    ['half of the chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', false, []],
    ['to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n', true, [200]],
    ['after an interim one', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', false, [204]],
  ])('reads %s', (_name, received, bodiless, statuses) => {
    expect(readAnswers(received, bodiless).map(({ status }) => status)).toEqual(statuses)
  })
})
