import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { Middleware } from '@alfred/core'
import { createHealth } from '@alfred/health'
import { createBodyGuard, createRequestLimits } from '@alfred/input-validation'
import { keyEncryptionKeyFromBase64 } from '@alfred/key-vault'
import { createClientKeys, createMemoryClientKeyStore } from '@alfred/key-vault/client-keys'
import { createMetrics } from '@alfred/metrics'
import { createRateLimiter } from '@alfred/rate-limit'
import { createLoadShedder } from '@alfred/server'
import {
  createAllowedHosts,
  createCspReports,
  createCsrf,
  createSecurityHeaders,
} from '@alfred/security-headers'
import { createTracing } from '@alfred/tracing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startRaw } from '../../src/targets/send-raw.ts'

const closing = <Layer extends { close(): Promise<void> }>(layer: Layer): Layer => {
  onTestFinished(() => layer.close())
  return layer
}

const keyEncryptionKey = keyEncryptionKeyFromBase64(randomBytes(32).toString('base64'))

/** Every layer that asks for the path or the host. */
const layers: Readonly<Record<string, () => Middleware>> = {
  'allowed hosts': () => createAllowedHosts({ hosts: ['a.example'] }),
  'body guard': () => createBodyGuard(),
  'client keys': () =>
    closing(createClientKeys({ store: createMemoryClientKeyStore(), keyEncryptionKey })).middleware,
  'CSP reports': () => createCspReports(),
  CSRF: () => createCsrf(),
  health: () => closing(createHealth()).middleware,
  'load shedder': () => closing(createLoadShedder()).middleware,
  metrics: () => closing(createMetrics()).middleware,
  'metrics endpoint': () => closing(createMetrics()).endpoint,
  'rate limiter': () => closing(createRateLimiter()).middleware,
  'request limits': () => createRequestLimits(),
  'security headers': () => createSecurityHeaders(),
  tracing: () => createTracing().middleware,
}

describe.each(Object.entries(layers))('%s alone', (_name, create) => {
  it.each([
    ['http:///api/secret', 'a.example', 'invalid-request-target'],
    ['http://x:99999/api/secret', 'a.example', 'invalid-request-target'],
    ['/login#a', 'a.example', 'invalid-request-target'],
    ['/api', 'x/../evil', 'invalid-host'],
    ['/api', 'a.example\r\nHost: b.example', 'invalid-host'],
  ])('refuses %s of %j', async (target, host, type) => {
    const layer = create()
    let passed = false
    const server = createServer((request, response) => {
      layer(request, response, () => {
        passed = true
        response.end()
      })
    })
    const send = await startRaw(server)
    onTestFinished(() => void server.close())
    const { status, body } = await send(
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    expect(status).toBe(400)
    expect(JSON.parse(body)).toMatchObject({ type: `urn:alfred:problem:${type}`, status: 400 })
    expect(passed).toBe(false)
  })
})
