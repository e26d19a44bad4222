import { requestContext } from '@alfred/core'
import { createFakeClock, listening } from '@alfred/testkit'
import express from 'express'
import { expect, it, vi } from 'vitest'
import { createRequestLog } from './request-log.ts'

interface Line {
  readonly level: string
  readonly fields: object
}

async function ask(path: string, address: string, method = 'GET'): Promise<Line> {
  const lines: Line[] = []
  const log = (level: string) => (fields: object) => void lines.push({ level, fields })
  const clock = createFakeClock()
  const app = express()
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  app.use(createRequestLog(logger, ['/api'], clock))
  app.use((request, _response, next) => {
    Object.assign(requestContext(request), { requestId: 'r1', traceId: 't1', clientAddress: address })
    clock.advance(12)
    next()
  })
  const router = express.Router()
  router.all('/things/:id', (_request, response) => {
    response.status(201).end()
  })
  app.use('/api', router)
  await using server = await listening(app)
  const { url } = server
  await fetch(url + path, { method })
  await vi.waitFor(() => {
    expect(lines).toHaveLength(1)
  })
  return lines[0] ?? { level: '', fields: {} }
}

it('logs how a request went, without its path, query and address', async () => {
  expect(await ask('/api/things/4711?name=ada', '203.0.113.77', 'PUT')).toEqual({
    level: 'info',
    fields: {
      method: 'PUT',
      route: '/api/things/:id',
      status: 201,
      ms: 12,
      client: '203.0.113.0/24',
      requestId: 'r1',
      traceId: 't1',
    },
  })
})

it.each([
  ['2001:db8:1:2:3::9', '2001:db8:1::/48'],
  ['::1', '::/48'],
])('names the network of %s', async (address, client) => {
  expect((await ask('/api/things/1', address)).fields).toMatchObject({ client })
})

it('logs what no route answers without a route, and probes for those who debug', async () => {
  const line = await ask('/nowhere/secret', '203.0.113.77')
  expect(line.fields).toMatchObject({ route: undefined, status: 404 })
  expect((await ask('/readyz', '203.0.113.77')).level).toBe('debug')
})
