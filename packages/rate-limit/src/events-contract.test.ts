import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { EventBus } from '@alfred/core'
import { createFakeClock, eventContract } from '@alfred/testkit'
import {
  createMemoryStore,
  createRateLimiter,
  type RateLimitOptions,
  type RateLimitPolicy,
  type RateLimitStore,
} from './index.ts'

const policy: RateLimitPolicy = {
  name: 'a',
  limit: 1,
  windowMs: 60_000,
  key: 'address',
  onStoreError: 'allow',
}

/** Sends requests of one address, one after the other, through a limiter. */
async function ask(events: EventBus, requests: number, options: Partial<RateLimitOptions>): Promise<void> {
  const clock = createFakeClock()
  const limiter = createRateLimiter({ policies: [policy], clock, events, ...options })
  for (let sent = 0; sent < requests; sent++) {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: '203.0.113.7' })
    const request = new IncomingMessage(socket)
    limiter.middleware(request, new ServerResponse(request), () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1000)
  }
  await limiter.close()
  clock.advance(60_000)
}

/** A store that fails so many times to begin with. */
function createFailingStore(failures: number): RateLimitStore {
  const inner = createMemoryStore()
  let left = failures
  return {
    ...inner,
    prepare(rules) {
      const take = inner.prepare(rules)
      return (...call) => (left-- > 0 ? Promise.reject(new Error('down')) : Promise.resolve(take(...call)))
    },
    watch: () => ({ hears: true, close: () => undefined }),
  }
}

eventContract<'rate-limit'>({
  'rate-limit.denied': {
    event: { policy: 'a', retryAfterMs: 59_000 },
    cause: (events) => ask(events, 2, {}),
  },
  'rate-limit.shadow-denied': {
    event: { policy: 'a', retryAfterMs: 59_000 },
    cause: (events) => ask(events, 2, { policies: [{ ...policy, mode: 'shadow' }] }),
  },
  'rate-limit.key-missing': {
    event: { policy: 'a' },
    cause: (events) => ask(events, 1, { policies: [{ ...policy, key: () => undefined }] }),
  },
  'rate-limit.store-unavailable': {
    event: { policy: 'a', action: 'allow' },
    cause: (events) => ask(events, 1, { store: createFailingStore(1) }),
  },
  'rate-limit.store-recovered': {
    event: { outageMs: 1000 },
    cause: (events) => ask(events, 2, { store: createFailingStore(1) }),
  },
  'rate-limit.banned': {
    event: { durationMs: 60_000, level: 0 },
    cause: (events) => ask(events, 3, { bans: { after: 2 } }),
  },
  'rate-limit.address-refused': {
    event: { reason: 'denied' },
    cause: (events) => ask(events, 1, { deny: ['203.0.113.0/24'] }),
  },
})
