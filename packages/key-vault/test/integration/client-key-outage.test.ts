import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import {
  type ClientKeys,
  type ClientKeyStore,
  createClientKeys,
  createPostgresClientKeyStore,
  createRedisClientKeyStore,
} from '@alfred/key-vault/client-keys'
import { type Service, startPostgres, startRedis, waitFor } from '@alfred/testkit'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'

const keyEncryptionKey = keyEncryptionKeyFromBase64(Buffer.alloc(32, 7).toString('base64'))

interface Backend {
  readonly service: Service
  open(): ClientKeyStore
}

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  async Redis() {
    const service = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    return { service, open: () => createRedisClientKeyStore({ url: service.url, timeoutMs: 500 }) }
  },
  async PostgreSQL() {
    const service = await startPostgres()
    const pool = new pg.Pool({ connectionString: service.url, connectionTimeoutMillis: 500 })
    pool.on('error', () => undefined)
    onTestFinished(() => pool.end())
    return { service, open: () => createPostgresClientKeyStore({ pool, timeoutMs: 500 }) }
  },
}

/** An instance of a server whose /api needs a key. */
async function serve(
  store: ClientKeyStore,
): Promise<{ clientKeys: ClientKeys; ask(key: string): Promise<Response> }> {
  const clientKeys = createClientKeys({
    store,
    keyEncryptionKey,
    pollMs: 500,
    deadlineMs: 500,
    outageGraceMs: 3000,
  })
  await clientKeys.ready()
  const authenticate = clientKeys.middleware
  const server = createServer((request, response) => {
    authenticate(request, response, () => response.end('let in'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await clientKeys.close()
  })
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/api`
  return { clientKeys, ask: (key) => fetch(url, { headers: { 'X-API-Key': key } }) }
}

it.each(Object.keys(backends))(
  '%s paused and killed: known keys pass for the grace, unknown ones are answered 503 and never 401',
  async (name) => {
    const backend = await backends[name]?.()
    if (!backend) throw new Error('no backend')
    const { service } = backend
    onTestFinished(() => service.stop())
    const writer = await serve(backend.open())
    const [known, cold] = await Promise.all(
      ['known', 'cold'].map(async (each) => (await writer.clientKeys.create({ name: each })).secret.reveal()),
    )
    if (known === undefined || cold === undefined) throw new Error('no keys')

    for (const fault of ['pause', 'kill'] as const) {
      const instance = await serve(backend.open())
      expect((await instance.ask(known)).status).toBe(200)
      await service[fault]()

      const beganAt = performance.now()
      const first = await instance.ask(cold)
      expect(performance.now() - beganAt).toBeLessThan(5000)
      expect(first.status).toBe(503)
      expect(first.headers.get('retry-after')).toBe('1')
      expect((await instance.ask(known)).status).toBe(200)
      const statuses = new Set<number>()
      await waitFor(
        async () => {
          const { status } = await instance.ask(known)
          statuses.add(status)
          return status === 503
        },
        { timeoutMs: 15_000, intervalMs: 100 },
      )
      expect([...statuses].sort()).toEqual([200, 503])

      if (fault === 'pause') service.resume()
      else await service.restart()
      for (const key of [known, cold]) {
        await waitFor(async () => (await instance.ask(key)).status === 200, {
          timeoutMs: 15_000,
          intervalMs: 100,
        })
      }
    }
  },
)

it.each(Object.keys(backends))('%s tells other instances of a revocation at once', async (name) => {
  const backend = await backends[name]?.()
  if (!backend) throw new Error('no backend')
  onTestFinished(() => backend.service.stop())
  // Without a poll for an hour only the notification can tell.
  const open = async (): Promise<ClientKeys> => {
    const clientKeys = createClientKeys({ store: backend.open(), keyEncryptionKey, pollMs: 3_600_000 })
    onTestFinished(() => clientKeys.close())
    await clientKeys.ready()
    return clientKeys
  }
  const [one, other] = [await open(), await open()]
  // A subscription may begin a moment after the start, so several keys are tried.
  await waitFor(async () => {
    const { key, secret } = await one.create({ name: 'a' })
    expect(await other.verify(secret.reveal())).toMatchObject({ valid: true })
    await one.revoke(key.id)
    return waitFor(async () => !(await other.verify(secret.reveal())).valid, { timeoutMs: 1000 })
  })
})
