/**
 * Importing the packages loads no library that only some configurations need. The list of what was loaded is
 * worth something: it holds zod as soon as there is a field, and ioredis as soon as there is a store in Redis.
 */
import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'

const loaded = new Set()
registerHooks({
  load(url, context, nextLoad) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
    if (name !== undefined) loaded.add(name)
    return nextLoad(url, context)
  },
})

const later = ['@fastify/busboy', 'dompurify', 'ioredis', 'ipaddr.js', 'jsdom', 'markdown-it', 'pg', 'zod']
const loadedEarly = () =>
  [...loaded].filter(
    (name) => later.includes(name) || (name.startsWith('@opentelemetry/') && name !== '@opentelemetry/api'),
  )

const { chatMessage } = await import('@alfred/input-validation')
assert.ok(loaded.has('@alfred/input-validation'))
assert.deepEqual(loadedEarly(), [], 'loaded by importing @alfred/input-validation')

await import('@alfred/prod-security')
assert.ok(loaded.has('@alfred/prod-security'))
assert.deepEqual(loadedEarly(), [], 'loaded by importing @alfred/prod-security')

chatMessage()
assert.deepEqual(loadedEarly(), ['zod'], 'loaded by the first field')

const { createRedisVaultStore } = await import('@alfred/key-vault')
createRedisVaultStore({ url: 'redis://127.0.0.1:1' }).close()
assert.ok(loaded.has('ioredis'), 'loaded by the first store in Redis')
