import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { noopLogger } from '@alfred/core'
import express from 'express'
import { expect, it } from 'vitest'
import { ask } from '../test/support/ask.ts'
import { alfredHardening } from './alfred-hardening.ts'

/** A process that hears signals by being told. */
function createProcess() {
  const listeners = new Map<string, (signal: NodeJS.Signals) => void>()
  const exits: number[] = []
  return {
    exits,
    listeners,
    on: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) =>
      listeners.set(signal, listener),
    off: (signal: NodeJS.Signals) => listeners.delete(signal),
    exit: (code: number) => void exits.push(code),
  }
}

const appOf = (guard: ReturnType<typeof alfredHardening>) => {
  const app = express()
  app.use(guard)
  app.get('/', (_request, response) => void response.send('hello'))
  return app
}

it('hardens, drains and listens in one call', async () => {
  const process = createProcess()
  const guard = alfredHardening({ logger: noopLogger, server: { headersTimeoutMs: 4321 } })
  const server = await guard.listen(appOf(guard), 0, {
    host: '127.0.0.1',
    drain: { process, readinessDelayMs: 0 },
  })
  expect(server.headersTimeout).toBe(4321)
  const { port } = server.address() as AddressInfo
  expect((await ask(port, { path: '/' })).body).toBe('hello')
  expect((await ask(port, { path: '/readyz' })).status).toBe(200)

  process.listeners.get('SIGTERM')?.('SIGTERM')
  await expect.poll(() => process.exits).toEqual([0])
  expect(server.listening).toBe(false)
})

it('leaves nothing open when the port is taken', async () => {
  const process = createProcess()
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const guard = alfredHardening({ logger: noopLogger })
  const { port } = taken.address() as AddressInfo
  await expect(guard.listen(appOf(guard), port, { host: '127.0.0.1', drain: { process } })).rejects.toThrow(
    'EADDRINUSE',
  )
  expect(process.listeners.size).toBe(0)
  taken.close()
})

it.each<[string, number, object, string]>([
  ['a port there is not', 70_000, {}, 'guard.listen.port'],
  ['a misspelt option', 0, { hots: '::' }, 'guard.listen.hots'],
  ['a health of its own', 0, { drain: { health: {} } }, 'drainOnSignals.health'],
])('refuses %s', async (_what, port, options, path) => {
  const guard = alfredHardening({ logger: noopLogger })
  await expect(guard.listen(appOf(guard), port, options)).rejects.toThrow(path)
  await guard.close()
})
