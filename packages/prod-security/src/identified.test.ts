import type { IncomingMessage } from 'node:http'
import { noopLogger, requestContext } from '@alfred/core'
import express, { type Request } from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../test/support/ask.ts'
import { serve } from '../test/support/hosts.ts'
import { alfredHardening } from './alfred-hardening.ts'
import type { AlfredConfig } from './config/alfred-config.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

interface WithUser {
  user?: { readonly id: string }
}

const userOf = (request: IncomingMessage & WithUser): string | undefined => request.user?.id

const policies: AlfredConfig['rateLimit'] = {
  policies: [{ name: 'export', limit: 1, windowMs: 60_000, key: 'user', match: false }],
}

/** Asks `/export` as each of the users, who come by a session behind the guard. */
async function statusesOf(config: AlfredConfig, users: readonly (string | undefined)[]) {
  const guard = alfredHardening({ logger: noopLogger, rateLimit: policies, ...config })
  const app = express()
  app.use(guard)
  app.use((request: Request & WithUser, _response, next) => {
    const { cookie } = request.headers
    if (cookie !== undefined) request.user = { id: cookie }
    next()
  })
  app.use(config.identify ? guard.identified() : guard.identified(userOf))
  app.get('/export', guard.limit('export'), (request, response) => {
    response.json(requestContext(request).identity ?? null)
  })
  app.get('/other', (_request, response) => void response.send('ok'))
  app.use(guard.notFoundHandler, guard.errorHandler)
  const server = await serve(app)
  closers.push(
    () => guard.close(),
    () => server.close(),
  )
  const answers: (readonly [number, string])[] = []
  for (const cookie of users) {
    const headers = cookie === undefined ? {} : { Cookie: cookie }
    const { status, body } = await ask(server.port, { path: '/export', headers })
    answers.push([status, status === 200 ? body : ''])
    expect((await ask(server.port, { path: '/other', headers })).headers['ratelimit']).toBeUndefined()
  }
  return answers
}

describe('a limit on a route', () => {
  it.each<[string, AlfredConfig]>([
    ['of its own', {}],
    ['of the configuration', { identify: userOf }],
  ])('counts users whom the session knows, by a function %s', async (_what, config) => {
    expect(await statusesOf(config, ['ada', 'ada', 'grace', undefined, undefined])).toEqual([
      [200, '{"kind":"user","id":"ada"}'],
      [429, ''],
      [200, '{"kind":"user","id":"grace"}'],
      [200, 'null'],
      [429, ''],
    ])
  })

  it.each<[string, AlfredConfig, (guard: ReturnType<typeof alfredHardening>) => unknown, string]>([
    ['a policy there is not', { rateLimit: policies }, (guard) => guard.limit('exprot'), 'exprot'],
    [
      'no policy',
      { rateLimit: policies },
      (guard) => guard.limit(...([] as unknown as [string])),
      'name a policy',
    ],
    ['a policy that counts already', {}, (guard) => guard.limit('requests'), 'match: false'],
    ['limits that are off', { rateLimit: false }, (guard) => guard.limit('export'), 'rateLimit layer is off'],
    ['nobody to ask', {}, (guard) => guard.identified(), 'guard.identified(identify)'],
  ])('refuses %s', async (_what, config, call, message) => {
    const guard = alfredHardening({ logger: noopLogger, ...config })
    expect(() => call(guard)).toThrow(message)
    await guard.close()
  })
})
