import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AlfredEventName } from '@alfred/core'
import { createMemoryVaultStore, keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createLeakWatch } from '@alfred/testkit'
import express from 'express'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { alfredHardening } from './alfred-hardening.ts'

const eventNames = [
  'cors.denied',
  'csrf.denied',
  'csp.violation',
  'rate-limit.denied',
  'validation.rejected',
  'client-key.rejected',
  'client-key.changed',
  'client-key.used-after-rotation',
  'vault.key-changed',
  'vault.rotated',
  'vault.rotation-failed',
  'vault.rotation-due',
  'vault.key-invalid',
  'vault.key-valid',
  'vault.revocation-due',
  'health.changed',
] as const satisfies AlfredEventName[]

/** A word that stands in every place where a secret can be, and must come out nowhere. */
const canary = 'CANARY7f3a'

it('lets no secret out through logs, events, errors, metrics, spans or responses', async () => {
  const watch = createLeakWatch()
  const { note, logger } = watch
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })

  const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.from(canary.padEnd(32, 'k')).toString('base64'))
  const guard = alfredHardening({
    logger,
    cors: { origin: ['https://app.example.com'] },
    cspReports: true,
    rateLimit: {
      policies: [
        {
          name: 'all',
          limit: 100,
          windowMs: 60_000,
          key: (request) => request.headers.authorization,
          onStoreError: 'local',
        },
      ],
    },
    vault: { store: createMemoryVaultStore(), keyEncryptionKey },
    clientKeys: { store: createMemoryClientKeyStore(), keyEncryptionKey, required: '/keyed' },
    metrics: { access: 'open' },
    tracing: { tracerProvider },
  })
  for (const name of eventNames) guard.events.on(name, note)
  await guard.ready()
  await guard.vault.promote('openai', await guard.vault.stage('openai', `sk-${canary}`))

  const app = express()
  app.use(guard)
  app.post('/api/chat', guard.validate({ body: z.strictObject({ password: z.string().max(3) }) }))
  app.use(guard.notFoundHandler, guard.errorHandler)
  const server = createServer(app).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`

  const secretHeaders = {
    Authorization: `Bearer ${canary}`,
    Cookie: `session=${canary}`,
    'X-API-Key': canary,
  }
  const ask = async (path: string, init: RequestInit = {}): Promise<number> => {
    const answer = await fetch(url + path, {
      ...init,
      headers: { ...secretHeaders, ...(init.headers as object) },
    })
    note([...answer.headers, await answer.text()])
    return answer.status
  }
  const json = { 'Content-Type': 'application/json' }
  expect(
    await ask('/api/chat', { method: 'POST', headers: json, body: JSON.stringify({ password: canary }) }),
  ).toBe(422)
  expect(await ask('/api/chat', { method: 'POST', headers: json, body: `{"${canary}":"${canary}` })).toBe(400)
  expect(
    await ask('/api/chat', {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    }),
  ).toBe(403)
  expect(await ask(`/unknown?token=${canary}`)).toBe(404)
  expect(await ask('/keyed')).toBe(401)
  const issued = await guard.clientKeys.create({ name: 'a' })
  const rotated = await guard.clientKeys.rotate(issued.key.id)
  const clientSecrets = [issued, rotated].map(({ secret }) => secret.reveal())
  for (const secret of clientSecrets) {
    const headers = { Authorization: `Bearer ${secret}`, 'X-API-Key': secret }
    expect(await ask('/keyed', { headers })).toBe(404)
    expect(await ask('/keyed', { headers: { ...headers, 'X-API-Key': `${secret}x` } })).toBe(400)
  }
  await guard.clientKeys.revoke(issued.key.id)
  for (const secret of clientSecrets) {
    const headers = { Authorization: `Bearer ${secret}`, 'X-API-Key': secret }
    expect(await ask('/keyed', { headers })).toBe(401)
  }
  note([issued, rotated, guard.clientKeys, await guard.clientKeys.list()])

  note(guard.vault.get('openai'))
  note(guard.vault.report())
  note(guard.vault)
  note(await guard.vault.promote('openai', 99).catch((error: unknown) => error))
  note(guard.health.snapshot())
  note((await guard.metrics.expose()).body)
  note(
    exporter
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
  )
  server.closeAllConnections()
  server.close()
  await guard.close()

  expect(exporter.getFinishedSpans().length).toBeGreaterThan(3)
  const canaries = [canary, ...clientSecrets.map((secret) => secret.slice(-49, -6))]
  expect(watch.hits(canaries)).toEqual([])
})
