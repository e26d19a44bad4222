/** Layers ask for the packages that only they need, by name. Only ioredis is installed here. */
import assert from 'node:assert/strict'
import { alfredHardening } from '@alfred/prod-security'

assert.throws(
  () => alfredHardening({ html: true }),
  /html: needs dompurify and jsdom.*npm install dompurify jsdom/,
)
const plain = alfredHardening({ logger: false })
assert.throws(
  () => plain.upload({ files: { photo: { types: ['image/png'] } } }),
  /upload: needs @fastify\/busboy.*npm install @fastify\/busboy/,
)
await plain.close()
assert.throws(() => alfredHardening({ markdown: true }), /npm install dompurify jsdom markdown-it/)
const guard = alfredHardening({ rateLimit: { redis: { url: 'redis://127.0.0.1:1' } }, logger: false })
await guard.close()
