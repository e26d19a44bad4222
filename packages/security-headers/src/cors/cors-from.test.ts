import { describe, expect, it } from 'vitest'
import { exchange, problemsOf } from '../../test/support/exchange.ts'
import { createCorsFrom, type PeerCorsDelegate, type PeerCorsOptions } from './cors-from.ts'

const app = 'https://app.example.com'
const other = 'https://other.example'
const host = 'api.example.com'
const never = (): void => undefined
const fails = (): never => {
  throw new Error('down')
}

async function granted(options: PeerCorsDelegate | PeerCorsOptions, origin = app): Promise<unknown> {
  const { headers, passed, error } = await exchange(createCorsFrom(options, { originTimeoutMs: 20 }), {
    headers: { host, origin },
  })
  expect({ passed, error }).toEqual({ passed: true, error: undefined })
  return headers['access-control-allow-origin']
}

describe('origin', () => {
  it.each<[string, PeerCorsOptions, string | undefined]>([
    ['left out', {}, '*'],
    ['*', { origin: '*' }, '*'],
    ['true', { origin: true }, '*'],
    ['false', { origin: false }, undefined],
    ['a string', { origin: app, credentials: true }, app],
    ['another string', { origin: other }, undefined],
    ['an expression', { origin: /^https:\/\/(?:[a-z]+\.)?example\.com$/ }, app],
    ['a list', { origin: [other, app, /^https:\/\/c\.example\.com$/] }, app],
    ['a list without it', { origin: [other] }, undefined],
    [
      'a function that says true',
      {
        origin: (_origin, callback) => {
          callback(null, true)
        },
      },
      app,
    ],
    [
      'a function that says so later',
      {
        origin: (_origin, callback) => {
          setImmediate(callback, null, true)
        },
      },
      app,
    ],
    [
      'a function that says false',
      {
        origin: (_origin, callback) => {
          callback(null, false)
        },
      },
      undefined,
    ],
    [
      'a function that says nothing',
      {
        origin: (_origin, callback) => {
          callback(null)
        },
      },
      undefined,
    ],
    [
      'a function that says *',
      {
        origin: (_origin, callback) => {
          callback(null, '*')
        },
      },
      app,
    ],
    [
      'a function that says * with credentials, which no browser takes',
      {
        credentials: true,
        origin: (_origin, callback) => {
          callback(null, '*')
        },
      },
      undefined,
    ],
    [
      'a function that lists *, as an origin of that name',
      {
        origin: (_origin, callback) => {
          callback(null, ['*'])
        },
      },
      undefined,
    ],
    [
      'a function that names the origin',
      {
        origin: (_origin, callback) => {
          callback(null, app)
        },
      },
      app,
    ],
    [
      'a function that names another',
      {
        origin: (_origin, callback) => {
          callback(null, other)
        },
      },
      undefined,
    ],
    [
      'a function that names several',
      {
        origin: (_origin, callback) => {
          callback(null, [other, /app\.example/g])
        },
      },
      app,
    ],
    [
      'a function that fails',
      {
        origin: (_origin, callback) => {
          callback(new Error('down'), true)
        },
      },
      undefined,
    ],
    ['a function that throws', { origin: fails }, undefined],
    ['a function that never calls back', { origin: never }, undefined],
  ])('%s', async (_name, options, expected) => {
    expect(await granted(options)).toBe(expected)
    // A list may hold an expression with the flag g, whose answers alternate.
    if (!('origin' in options) || options.origin !== never) expect(await granted(options)).toBe(expected)
  })

  it.each<[PeerCorsOptions, string]>([
    [{ origin: true, credentials: true }, 'must not be true'],
    [{ origin: '*', credentials: true }, 'must not be * with credentials'],
    [{ credentials: true }, 'must not be * with credentials'],
    [{ origin: `${app}/` }, 'without default port, path or trailing slash'],
    [{ origin: /example\.com/ }, 'must be anchored'],
    [{ origin: 'null' }, 'must not be null'],
    [{ origins: [app] } as PeerCorsOptions, 'cors.origin'],
  ])('%j is refused, and the message says why', (options, expected) => {
    const [problem] = problemsOf(() => createCorsFrom(options))
    expect(JSON.stringify(problem)).toContain(expected)
  })
})

describe('a preflight', () => {
  const ask = (options: PeerCorsOptions, headers = {}) =>
    exchange(createCorsFrom({ origin: app, ...options }), {
      method: 'OPTIONS',
      headers: { host, origin: app, 'access-control-request-method': 'PUT', ...headers },
    })

  it.each<[PeerCorsOptions, string, string | undefined]>([
    [{ methods: 'GET,post' }, 'access-control-allow-methods', 'GET,POST'],
    [{ methods: ['PUT'] }, 'access-control-allow-methods', 'PUT'],
    [{ allowedHeaders: 'X-One, X-Two' }, 'access-control-allow-headers', 'X-One,X-Two'],
    [{ headers: ['X-One'] }, 'access-control-allow-headers', 'X-One'],
    [{}, 'access-control-allow-headers', 'x-asked'],
    [{ exposedHeaders: 'ETag, Link' }, 'access-control-expose-headers', 'ETag,Link'],
    [{}, 'access-control-expose-headers', undefined],
    [{ maxAge: 5 }, 'access-control-max-age', '5'],
    [{ credentials: true }, 'access-control-allow-credentials', 'true'],
  ])('%j', async (options, field, expected) => {
    const { headers, status } = await ask(options, { 'access-control-request-headers': 'x-asked' })
    expect([headers[field], status]).toEqual([expected, 204])
  })

  it('ends with optionsSuccessStatus, or goes on', async () => {
    expect((await ask({ optionsSuccessStatus: 200 })).status).toBe(200)
    expect((await ask({ preflightContinue: true })).passed).toBe(true)
  })
})

describe('a delegate', () => {
  const forPath: PeerCorsDelegate = (request, callback) => {
    callback(null, { origin: request.headers['x-tenant'] === 'a' ? app : false })
  }

  it('names the options of each request', async () => {
    const headers = { host, origin: app }
    const cors = createCorsFrom(forPath)
    const first = await exchange(cors, { headers: { ...headers, 'x-tenant': 'a' } })
    const second = await exchange(cors, { headers })
    expect(first.headers['access-control-allow-origin']).toBe(app)
    expect(second.headers['access-control-allow-origin']).toBeUndefined()
  })

  it.each<[string, PeerCorsDelegate]>([
    ['throws', fails],
    [
      'calls back with an error',
      (_request, callback) => {
        callback(new Error('down'))
      },
    ],
    [
      'names what is unsafe',
      (_request, callback) => {
        callback(null, { origin: true, credentials: true })
      },
    ],
  ])('that %s is an error of the request', async (_name, delegate) => {
    const { error, headers } = await exchange(createCorsFrom(delegate), { headers: { host, origin: app } })
    expect(error).toBeInstanceOf(Error)
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })
})
