import { type Middleware, requestContext } from '@alfred/core'
import { createBodyGuard, html, validate } from '@alfred/input-validation'
import { createFlexibleStore, createRateLimiter, type RateLimitStore } from '@alfred/rate-limit'
import { createCorsFrom, createSecurityHeaders } from '@alfred/security-headers'
import { createLoadShedder } from '@alfred/server'
import { createFakeClock } from '@alfred/testkit'
import { alfredHardening } from '@alfred/prod-security'
import { z } from 'zod'
import { clientKeysWithStore, memoryClientKeyStore } from './memory-client-key-store.ts'
import type { AnyFunction, Row } from './row.ts'
import { guardStatuses, statusesOf, withServer } from './serve.ts'

const crossOrigin: RequestInit = { headers: { origin: 'https://evil.example' } }
const post: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"a":"b"}',
}

/** What a middleware of CORS allows a page of another origin. */
const allowedBy = (cors: Middleware): Promise<string | null> =>
  withServer(
    (request, response) => {
      cors(request, response, () => response.end())
    },
    async (url) => (await fetch(url, crossOrigin)).headers.get('access-control-allow-origin'),
  )

/** An answer that admits. */
const admits = {
  admitted: true,
  answers: [{ allowed: true, remaining: 9, retryAfterMs: 0, nextMs: 0, resetMs: 0 }],
}
const badAnswers = [
  undefined,
  null,
  true,
  'yes',
  {},
  { admitted: 'yes', answers: [] },
  { admitted: true },
  { admitted: true, answers: [{ ...admits.answers[0], retryAfterMs: NaN }] },
  { admitted: true, answers: [{ ...admits.answers[0], remaining: '9' }] },
]

const limiterWith = (store: RateLimitStore, algorithm: 'fixed-window' | 'gcra' = 'gcra') =>
  createRateLimiter({
    store,
    deadlineMs: 20,
    policies: [{ name: 'p', limit: 1, windowMs: 60_000, key: 'address', onStoreError: 'deny', algorithm }],
  })

/** A store of the application, one of whose methods does what the fault says. */
const storeWith = (part: Partial<Record<keyof RateLimitStore, AnyFunction>>): RateLimitStore => ({
  prepare: () => () => admits,
  ready: () => Promise.resolve(),
  close: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
  ...part,
})

const limits = async (
  key: AnyFunction | 'address',
  parts: { readonly plan?: AnyFunction; readonly countWhen?: AnyFunction } = {},
): Promise<boolean> => {
  const limiter = createRateLimiter({
    deadlineMs: 20,
    policies: [{ name: 'p', limit: 1, windowMs: 60_000, key, ...parts }],
  })
  const statuses = await statusesOf(limiter.middleware, [['/'], ['/']])
  await limiter.close()
  return statuses.join() === '200,429'
}

const shedderWith = async (part: object): Promise<boolean> => {
  const clock = createFakeClock()
  const shedder = createLoadShedder({
    clock,
    sampleMs: 10,
    eventLoopDelay: { takeMeanMs: () => 0, close: () => undefined, ...part },
  })
  clock.advance(100)
  const [status] = await statusesOf(shedder.middleware, [['/']])
  await shedder.close()
  return status === 200
}

/** Whether a request to a limited route is refused or fails; never served without having been counted. */
const refuses = async (store: RateLimitStore, algorithm?: 'fixed-window'): Promise<boolean> => {
  const limiter = limiterWith(store, algorithm)
  const [status] = await statusesOf(limiter.middleware, [['/']])
  await limiter.close()
  return status === 503 || status === 500
}

const settles = async (work: () => unknown): Promise<boolean> => {
  try {
    await work()
  } catch {
    // A direct call may fail; it must not hang.
  }
  return true
}

/** The functions that requests pass. */
export const requestRows: Readonly<Record<string, Row>> = {
  'AlfredConfig.identify': {
    open: 'u1',
    wrong: [undefined, null, '', NaN, Infinity, true, {}, [], Symbol('u1')],
    holds: async (identify) => {
      const store = memoryClientKeyStore()
      const statuses = await guardStatuses(
        { identify, clientKeys: { ...clientKeysWithStore(store), required: '/api' } },
        [['/api/x']],
      ).catch((error: unknown) => {
        // An async function is refused when the guard is built.
        if (error instanceof Error && error.message.includes('async')) return [401]
        throw error
      })
      return statuses[0] === 401
    },
  },
  'AlfredConfig.onError': {
    holds: async (onError) => {
      const guard = alfredHardening({ onError, health: false, metrics: false, tracing: false })
      const answered = await withServer(
        (request, response) => {
          guard(request, response, () => {
            throw new Error('the handler failed')
          })
        },
        async (origin) => (await fetch(origin)).status,
      )
      await guard.close()
      return answered === 500
    },
  },
  CspSourceFunction: {
    open: "'unsafe-inline'",
    wrong: [
      undefined,
      null,
      1,
      {},
      [],
      '',
      "'self' 'unsafe-inline'",
      "'self'; script-src *",
      Symbol('source'),
    ],
    holds: async (source) => {
      const headers = createSecurityHeaders({
        contentSecurityPolicy: { directives: { scriptSrc: ["'self'", source] } },
      })
      return withServer(
        (request, response) => {
          headers(request, response, () => response.end())
        },
        async (origin) => {
          const policy = (await fetch(origin)).headers.get('content-security-policy') ?? ''
          return /script-src 'self' 'nonce-[A-Za-z0-9+/]{22}=='(?:;|$)/.test(policy)
        },
      )
    },
  },
  'refinement of a zod schema': {
    // What a refinement's answer means is zod's to say: it takes a thenable for true.
    callerWaits: true,
    holds: async (refinement) => {
      const schema = z.object({ a: z.string().refine(refinement) })
      const check = validate({ body: schema }, { schemaTimeoutMs: 20 })
      const body = createBodyGuard()
      return withServer(
        (request, response) => {
          body(request, response, () => {
            check(request, response, (error) => {
              response.writeHead(error === undefined ? 200 : 500).end()
            })
          })
        },
        async (origin) => (await fetch(origin, post)).status >= 400,
      )
    },
  },
  'GuardLayers.headers(next)': {
    holds: async (next) => {
      const guard = alfredHardening({ health: false, metrics: false, tracing: false, rateLimit: false })
      // A continuation that fails is answered; one that does nothing is the application's own answer.
      const status = await withServer(
        (request, response) => {
          guard(request, response, () => {
            setTimeout(() => response.end(), 50)
            return next() as undefined
          })
        },
        async (origin) => (await fetch(origin)).status,
      )
      await guard.close()
      return status === 200 || status === 500
    },
  },
  'AlfredGuard.errorHandler(next)': {
    holds: async (next) => {
      const guard = alfredHardening({ health: false, metrics: false, tracing: false, rateLimit: false })
      const status = await withServer(
        (request, response) => {
          guard.errorHandler(new Error('failed'), request, response, next)
        },
        async (origin) => (await fetch(origin)).status,
      )
      await guard.close()
      return status === 500
    },
  },
  'RateLimiter.middleware(next)': {
    holds: async (next) => {
      // The claims of an asynchronous plan go on in a turn where nobody else catches.
      const limiter = createRateLimiter({
        policies: [
          { name: 'p', limit: 9, windowMs: 1000, key: 'address', plan: () => Promise.resolve(undefined) },
        ],
      })
      const status = await withServer(
        (request, response) => {
          limiter.middleware(request, response, () => {
            setTimeout(() => response.end(), 50)
            return next() as undefined
          })
        },
        async (origin) => (await fetch(origin)).status,
      )
      await limiter.close()
      return status === 200 || status === 500
    },
  },
  'Validation.handle(handler)': {
    open: undefined,
    holds: async (handler) => {
      const checked = validate({ query: z.object({}) })
      const handle = checked.handle((request, response) => {
        setTimeout(() => response.end(), 50)
        return handler(request, response) as undefined
      })
      const [status] = await statusesOf(handle, [['/']])
      return status === 200 || status === 500
    },
  },
  'CorsOptions.origin': {
    open: true,
    mayAnswerLater: true,
    holds: async (origin) => {
      const guard = alfredHardening({
        health: false,
        metrics: false,
        tracing: false,
        cors: { origin, originTimeoutMs: 20 },
      })
      const allowed = await withServer(
        (request, response) => {
          guard(request, response, () => response.end())
        },
        async (url) => (await fetch(url, crossOrigin)).headers.get('access-control-allow-origin'),
      )
      await guard.close()
      return allowed === null
    },
  },
  'RequestOriginCheck.check': {
    open: true,
    mayAnswerLater: true,
    holds: async (origin) => {
      const guard = alfredHardening({
        health: false,
        metrics: false,
        tracing: false,
        cors: { origin: { check: origin }, originTimeoutMs: 20 },
      })
      const allowed = await withServer(
        (request, response) => {
          guard(request, response, () => response.end())
        },
        async (url) => (await fetch(url, crossOrigin)).headers.get('access-control-allow-origin'),
      )
      await guard.close()
      return allowed === null
    },
  },
  'PeerCorsOptions.origin': {
    open: true,
    holds: async (origin) =>
      (await allowedBy(
        createCorsFrom({ origin: (...call) => origin(...call) as undefined }, { originTimeoutMs: 20 }),
      )) === null,
  },
  'createCorsFrom(options)': {
    open: { origin: '*' },
    holds: async (delegate) => (await allowedBy(createCorsFrom(delegate, { originTimeoutMs: 20 }))) === null,
  },
  'AlfredGuard.identified(identify)': {
    open: 'u1',
    wrong: [undefined, null, '', NaN, Infinity, true, {}, [], Symbol('u1')],
    holds: async (identify) => {
      const guard = alfredHardening({ health: false, metrics: false, tracing: false })
      try {
        const known = guard.identified(identify)
        const [status] = await statusesOf(
          (request, response, next) => {
            known(request, response, () => {
              next(requestContext(request).identity === undefined ? undefined : new Error('somebody'))
            })
          },
          [['/']],
        )
        return status === 200
      } catch (error) {
        // An async function is refused when the middleware is built.
        if (error instanceof Error && error.message.includes('async')) return true
        throw error
      } finally {
        await guard.close()
      }
    },
  },
  'RateLimitPolicy.key': {
    open: undefined,
    wrong: [NaN, Infinity, true, {}, [], Symbol('key')],
    holds: (key) =>
      limits(key).catch((error: unknown) => error instanceof Error && error.message.includes('async')),
  },
  'RateLimitPolicy.plan': {
    open: { limit: 1000 },
    mayAnswerLater: true,
    wrong: [undefined, null, 'big', 1000, true, { limit: NaN }, { limit: '1e3' }, { limit: 1000, burst: -1 }],
    holds: (plan) => limits('address', { plan }),
  },
  'RateLimitPolicy.countWhen': {
    open: false,
    holds: (countWhen) => limits('address', { countWhen }),
  },
  'RateLimitStore.prepare': {
    open: admits,
    mayAnswerLater: true,
    wrong: badAnswers,
    holds: async (call) =>
      (await refuses(storeWith({ prepare: () => call }))) && (await refuses(storeWith({ prepare: call }))),
  },
  'RateLimitStore.supports': {
    holds: (supports) =>
      settles(async () => {
        await limiterWith(storeWith({ supports })).close()
      }),
  },
  'RateLimitStore.edit': {
    holds: async (edit) => {
      const limiter = limiterWith(storeWith({ edit }))
      await settles(() => limiter.block('p', '203.0.113.7', 1000))
      await limiter.close()
      return true
    },
  },
  'RateLimitStore.watch': {
    holds: (watch) =>
      settles(async () => {
        const limiter = limiterWith(storeWith({ watch }))
        await statusesOf(limiter.middleware, [['/']])
        await limiter.close()
      }),
  },
  'Lifecycle.ready': {
    holds: (ready) =>
      settles(async () => {
        const limiter = limiterWith(storeWith({ ready }))
        await limiter.ready()
      }),
  },
  'Lifecycle.close': {
    callerWaits: true,
    holds: (close) => settles(() => limiterWith(storeWith({ close })).close()),
  },
  'createFlexibleStore(create)': {
    open: {
      points: 1,
      consume: () => Promise.resolve({ remainingPoints: NaN, msBeforeNext: NaN, consumedPoints: NaN }),
    },
    // A limiter that is none is refused when the store is built in.
    holds: (create) => refuses(createFlexibleStore(create as never), 'fixed-window').catch(() => true),
  },
  'EventLoopDelay.takeMeanMs': { open: 0, holds: (takeMeanMs) => shedderWith({ takeMeanMs }) },
  'EventLoopDelay.close': { holds: (close) => shedderWith({ close }) },
  'HtmlSanitizer.sanitize': {
    open: { html: '<script>' },
    mayAnswerLater: true,
    wrong: [undefined, null, '<script>', 5, {}, { html: 5 }],
    holds: async (sanitize) => {
      const schema = z.object({ a: html({ maxLength: 100, sanitizer: { sanitize } }) })
      const guard = createBodyGuard()
      const checked = validate({ body: schema }, { schemaTimeoutMs: 30 })
      const [status] = await statusesOf(
        (request, response, next) => {
          guard(request, response, (error) => {
            if (error === undefined) checked(request, response, next)
            else next(error)
          })
        },
        [['/', post]],
      )
      return status === 422 || status === 500
    },
  },
}
