import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask } from '../test/support/ask.ts'
import { serve } from '../test/support/hosts.ts'
import type { AlfredGuard } from './alfred-guard.ts'
import { alfredHardening } from './alfred-hardening.ts'

/** Mounts `authenticate()` where `required` does not reach, as applications do. */
type App = (guard: AlfredGuard) => Parameters<typeof serve>[0]

const onExpress =
  (create: typeof express): App =>
  (guard) => {
    const app = create()
    app.use(guard)
    app.get('/v1/secret', guard.clientKeys.authenticate(), (_request, response) => void response.end())
    const router = create.Router()
    router.use(guard.clientKeys.authenticate())
    router.get('/secret', guard.clientKeys.requireScope('read'), (_request, response) => void response.end())
    app.use('/v2', router)
    app.get('/open', (_request, response) => void response.end())
    return app
  }

const onConnect: App = (guard) => {
  const app = connect()
  const end: connect.SimpleHandleFunction = (_request, response) => {
    response.end()
  }
  app.use(guard)
  app.use('/v1/secret', guard.clientKeys.authenticate())
  app.use('/v1/secret', end)
  app.use('/v2', guard.clientKeys.authenticate())
  app.use('/v2', guard.clientKeys.requireScope('read'))
  app.use(end)
  return (request, response) => {
    app(request, response)
  }
}

// What is used of Express here is the same in both, which their types do not know.
const apps = {
  'Express 5': onExpress(express),
  'Express 4': onExpress(express4 as unknown as typeof express),
  Connect: onConnect,
}

describe.each(Object.entries(apps))('on %s', (_name, app) => {
  it.each([{}, { required: [], optional: '/v1/secret' }, { required: '/v1' }])(
    'a route with authenticate() asks for a key, with %j',
    async (paths) => {
      const guard = alfredHardening({
        clientKeys: {
          store: createMemoryClientKeyStore(),
          keyEncryptionKey: keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64')),
          ...paths,
        },
      })
      await guard.ready()
      const server = await serve(app(guard))
      onTestFinished(async () => {
        await server.close()
        await guard.close()
      })
      const reader = await guard.clientKeys.create({ name: 'reader', scopes: ['read'] })
      const other = await guard.clientKeys.create({ name: 'other' })
      const statuses = async (path: string) => {
        const presented = [undefined, 'alf_live_wrong', reader.secret.reveal(), other.secret.reveal()]
        const answers = presented.map((key) =>
          ask(server.port, { path, headers: key === undefined ? {} : { 'X-API-Key': key } }),
        )
        return (await Promise.all(answers)).map(({ status }) => status)
      }
      expect(await statuses('/v1/secret')).toEqual([401, 401, 200, 200])
      expect(await statuses('/v2/secret')).toEqual([401, 401, 200, 403])
      expect(await statuses('/open')).toEqual([200, 200, 200, 200])
    },
  )
})
