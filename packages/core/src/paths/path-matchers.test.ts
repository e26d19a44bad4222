import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { AlfredConfigError } from '../errors/config-error.ts'
import { coversProtected } from './covers-protected.ts'
import { createExemptionMatcher } from './exemption-matcher.ts'
import { noopLogger } from '../logger.ts'
import { readOptions } from '../options/read-options.ts'
import { createOverrideMatcher } from './override-matcher.ts'
import { exemptPathsRule, type PathFunction, type PathMatch, protectedPathsRule } from './path-match.ts'
import { createProtectionMatcher } from './protection-matcher.ts'

const options = { option: 'test', logger: noopLogger }

const requestOf = (url: string, more: object = {}): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { url }, more)

const protects = (match: PathMatch, url: string): boolean =>
  createProtectionMatcher(match, options)(requestOf(url))

const exempts = (match: PathMatch, url: string): boolean =>
  createExemptionMatcher(match, options)(requestOf(url))

it.each<[PathMatch, string, boolean]>([
  ['/api', '/api', true],
  ['/api', '/api/chat', true],
  ['/api', '/api?x', true],
  ['/api', '/API/chat', true],
  ['/API', '/api/chat', true],
  ['/api/', '/api/chat', true],
  ['/api', '/apis', false],
  ['/api', '/', false],
  ['/', '/anything', true],
  ['/', '*', true],
  ['/*', '/anything', true],
  [['/a', '/b'], '/b/c', true],
  [['/a', '/b'], '/c', false],
  ['/api/*', '/api', true],
  ['/api/*', '/api/chat', true],
  ['/api/*', '/apis', false],
  ['/users/:id', '/users/1', true],
  ['/users/:id', '/USERS/1/posts', true],
  ['/users/:id', '/users', false],
  ['/users/:id/posts', '/users/a%2Fb/posts', true],
  ['/caf\u00e9', '/caf%C3%A9', true],
  ['/caf%C3%A9', '/caf%c3%a9/x', true],
  ['/c++/v1:run', '/c++/v1:run', true],
  ['/a.b', '/axb', false],
  ['/a.b', '/a/.b', false],
  ['/login', '/login.x', true],
  ['/login', '/login.', true],
  ['/login', '/LOGIN%2ex/y', true],
  ['/login', '/loginx.', false],
  ['/login', '/.login', false],
  ['/api/secret', '/api./secret', true],
  ['/api/secret', '/api../secret.x', true],
  ['/api/secret', '/api.x/secret', false],
  ['/users/:id', '/users.x', true],
  ['/users/:id', '/users./1', true],
  ['/users/:id', '/users', false],
  // What a mount of /api leaves begins with //, and `new URL` takes x for a host.
  ['/api/users', '/api////x/users/secret', true],
  ['/api/users', '/api//x/users', true],
])('%j protects %j: %j', (match, url, expected) => {
  expect(protects(match, url)).toBe(expected)
})

it.each([
  '/%61pi/secret',
  '/%61%70%69',
  '/ap%69/%ff',
  '/%ff/../%61pi',
  '/x/../api/secret',
  '/x/%2e%2e/api/secret',
  '/x/%2E./api/secret',
  '/x/..%2fapi/secret',
  '/x%2f../api',
  '/./api',
  '/%2e/api',
  '//api/secret',
  '//x/api/secret',
  '///x/api',
  '/\\x/api',
  '/\\api',
  '/%5capi',
  '/x\\..\\api',
  '/api;v=1/secret',
  '/x;y/../api',
  '/x/..;/api',
  '/api;',
  '/api%3bv',
  '/api%3Fx',
  '/x/..%5capi',
  '/%2561pi',
  '/API',
  '/%41PI',
  'http://x/api',
  'http://x//y/api',
])('/api protects %s under every reading', (url) => {
  expect(protects('/api', url)).toBe(true)
  expect(protects((path) => path === '/api' || path.startsWith('/api/'), url)).toBe(true)
})

it.each(['http:///api', 'ftp://x/y', 'x', '/login#a'])('/login and /api protect %s', (url) => {
  expect(protects(['/api', '/login'], url)).toBe(true)
  expect(exempts('/login', url)).toBe(false)
})

it.each<[PathMatch, string, boolean]>([
  ['/status', '/status', true],
  ['/status', '/status?x', true],
  ['/status', '/status/', false],
  ['/status', '/STATUS', false],
  ['/Status', '/Status', true],
  ['/status', '/status/more', false],
  ['/status', '/status/../chat', false],
  ['/status', '/status;x', false],
  ['/status', '/%73tatus', false],
  ['/status', '//status', false],
  ['/status', 'http://a.example/status', true],
  ['/docs/*', '/docs/a/b', true],
  ['/docs/*', '/docs/', true],
  ['/docs/*', '/docs', false],
  ['/docs/*', '/docs/../api', false],
  ['/docs/*', '/docs/%2e%2e/api', false],
  ['/docs/*', '/docs/..%2fapi', false],
  ['/docs/*', '/docs/..;/api', false],
  ['/docs/*', '/docs/\\..\\..\\api', false],
  ['/docs/*', '//docs/api', false],
  ['/docs/*', '/docs//api', true],
  ['/docs/*', '/docs/a%20b', true],
  ['/docs/*', '/docsx/a', false],
  ['/docs/*', '/docs.x', false],
  ['/docs/*', '/docs./x', false],
  ['/status', '/status.x', false],
  ['/users/:id/avatar', '/users.x/avatar', false],
  [['/docs/*', '/api/public'], '/docs/../api/public', true],
  ['/users/:id/avatar', '/users/1/avatar', true],
  ['/users/:id/avatar', '/users/a%2Fb/avatar', false],
  ['/users/:id/avatar', '/users/1/avatar/x', false],
  ['/users/:id/*', '/users/1/x', true],
  ['/caf\u00e9', '/caf%C3%A9', true],
  [[], '/', false],
])('%j exempts %j: %j', (match, url, expected) => {
  expect(exempts(match, url)).toBe(expected)
})

it.each<[string, string, boolean]>([
  ['/docs', '/docs/x', true],
  ['/docs', '/DOCS', true],
  ['/docs', '/x/../docs', false],
  ['/docs', '//docs/admin', false],
  ['/', '/anything', true],
])('an override of %s takes %s: %j', (match, url, expected) => {
  expect(createOverrideMatcher(match, options)(requestOf(url))).toBe(expected)
  if (match === '/') return
  const startsWith: PathFunction = (path) => path.toLowerCase().startsWith(match)
  expect(createOverrideMatcher(startsWith, options)(requestOf(url))).toBe(expected)
})

it('an override ends its segments at a slash alone', () => {
  expect(createOverrideMatcher('/docs', options)(requestOf('/docs.x'))).toBe(false)
})

describe('paths with more readings than anybody needs', () => {
  it.each([
    '/%252525252525252525252561;a\\b//c/../d',
    `/${'%2e%2e;/\\'.repeat(40)}`,
    `/${'a;b//../%41\\c/'.repeat(1000)}`,
  ])('protect everything and exempt nothing: %#', (url) => {
    expect(protects('/somewhere', url)).toBe(true)
    expect(protects(() => false, url)).toBe(true)
    expect(exempts('/*', url)).toBe(false)
    expect(exempts(() => true, url)).toBe(false)
    expect(createOverrideMatcher('/x', options)(requestOf(url))).toBe(false)
    expect(createOverrideMatcher(() => true, options)(requestOf(url))).toBe(false)
  })
})

it.each<[string, object, boolean, boolean]>([
  ['a mount of Express', { originalUrl: '/api/x', url: '/x', baseUrl: '/api' }, true, false],
  ['a mount at the whole path', { originalUrl: '/api?q', url: '/?q', baseUrl: '/api' }, true, false],
  ['a rewritten URL', { originalUrl: '/v1/x', url: '/api/x', baseUrl: '' }, true, false],
  ['a URL rewritten from an exempt one', { originalUrl: '/open', url: '/api/x', baseUrl: '' }, true, false],
  ['an exempt mount', { originalUrl: '/open', url: '/', baseUrl: '/open' }, false, true],
  [
    'an absolute URL under a mount',
    { originalUrl: 'http://x/api/x', url: 'http://x/x', baseUrl: '/api' },
    true,
    false,
  ],
])('%s', (_name, request, isProtected, isExempt) => {
  expect(createProtectionMatcher('/api', options)(requestOf('', request))).toBe(isProtected)
  expect(createExemptionMatcher('/open', options)(requestOf('', request))).toBe(isExempt)
})

describe('functions of the application', () => {
  const thenable = {
    then: (resolve: (value: boolean) => void) => {
      resolve(false)
    },
  }
  const answers: [string, () => unknown, boolean, boolean][] = [
    ['true', () => true, true, true],
    ['false', () => false, false, false],
    ['undefined', () => undefined, true, false],
    ['null', () => null, true, false],
    ['0', () => 0, true, false],
    ['1', () => 1, true, false],
    ['a text', () => 'yes', true, false],
    ['a promise of false', () => Promise.resolve(false), true, false],
    ['a promise of true', () => Promise.resolve(true), true, false],
    ['a promise that rejects', () => Promise.reject(new Error('no')), true, false],
    ['a thenable of another library', () => thenable, true, false],
    [
      'a throw',
      () => {
        throw new Error('no')
      },
      true,
      false,
    ],
  ]
  it.each(answers)('that answer with %s', async (_name, answer, isProtected, isExempt) => {
    const logger = { ...noopLogger, error: vi.fn() }
    const match = answer as PathFunction
    const protection = createProtectionMatcher(match, { option: 'a', logger })
    const exemption = createExemptionMatcher(match, { option: 'b', logger })
    for (let asked = 0; asked < 3; asked++) {
      expect(protection(requestOf('/a'))).toBe(isProtected)
      expect(exemption(requestOf('/a'))).toBe(isExempt)
    }
    await Promise.resolve()
    const isClear = isProtected === isExempt
    expect(logger.error).toHaveBeenCalledTimes(isClear ? 0 : 2)
  })

  it('are asked once about an ordinary path, with the request', () => {
    const match = vi.fn(() => false)
    const request = requestOf('/api/chat?x')
    createProtectionMatcher(match, options)(request)
    expect(match.mock.calls).toEqual([['/api/chat', request]])
  })

  it('are asked about every reading', () => {
    const asked: string[] = []
    createExemptionMatcher((path) => asked.push(path) > 0, options)(requestOf('/a/%42/'))
    expect(asked).toEqual(['/a/%42/', '/a/B/', '/a/b/'])
  })
})

describe('the rules', () => {
  const codeOf = (rule: typeof exemptPathsRule, value: unknown): string | undefined => {
    try {
      readOptions('test', value, rule)
      return undefined
    } catch (error) {
      return error instanceof AlfredConfigError ? error.problems[0]?.code.slice(14) : String(error)
    }
  }
  it.each<[string, unknown, string | undefined]>([
    ['a path', '/api', undefined],
    ['everything below', '/api/*', undefined],
    ['a name', '/users/:id/avatar', undefined],
    ['a colon in a segment', '/v1/models:run', undefined],
    ['an encoded character', '/caf%C3%A9', undefined],
    ['a slash at the end', '/api/', undefined],
    ['no slash', 'api', 'OUT_OF_RANGE'],
    ['an asterisk within', '/api/*/x', 'OUT_OF_RANGE'],
    ['an asterisk in a segment', '/api*', 'OUT_OF_RANGE'],
    ['two asterisks', '/api/**', 'OUT_OF_RANGE'],
    ['an optional name', '/users/:id?', 'OUT_OF_RANGE'],
    ['a name with a pattern', '/users/:id(\\d+)', 'OUT_OF_RANGE'],
    ['a name beside text', '/users/:id.json', 'OUT_OF_RANGE'],
    ['a group', '/users{/:id}', 'OUT_OF_RANGE'],
    ['an empty segment', '/a//b', 'OUT_OF_RANGE'],
    ['a dot segment', '/a/../b', 'OUT_OF_RANGE'],
    ['an encoded dot segment', '/a/%2e%2e/b', 'OUT_OF_RANGE'],
    ['a backslash', '/a\\b', 'OUT_OF_RANGE'],
    ['a parameter', '/a;b', 'OUT_OF_RANGE'],
    ['a query', '/a?b', 'OUT_OF_RANGE'],
    ['a fragment', '/a#b', 'OUT_OF_RANGE'],
    ['an empty list', [], 'OUT_OF_RANGE'],
    ['a number', 5, 'WRONG_TYPE'],
    ['null', null, 'WRONG_TYPE'],
    ['a regular expression', /^\/api/, 'WRONG_TYPE'],
    ['an async function', async () => Promise.resolve(true), 'WRONG_TYPE'],
    [
      'a generator',
      function* () {
        yield true
      },
      'WRONG_TYPE',
    ],
  ])('%s', (_name, value, code) => {
    expect(codeOf(protectedPathsRule, value)).toBe(code)
    expect(codeOf(exemptPathsRule, value)).toBe(code)
  })

  it.each(['/', '/*', '/:a', '/:a/', '/:a/*', '/:a/:b', '/:a/:b/*', ['/a', '/'], ['/:a', '/:a/*']])(
    'nothing exempts everything: %j',
    (value) => {
      expect(codeOf(exemptPathsRule, value)).toBe('UNSAFE')
      expect(codeOf(protectedPathsRule, value)).toBeUndefined()
    },
  )

  it.each(['/a/:b', '/:a/b', '/a/*', '/:a/b/*', '/a:b'])('with plain text may exempt: %j', (value) => {
    expect(codeOf(exemptPathsRule, value)).toBeUndefined()
  })

  it.each<[PathMatch | undefined, PathMatch, boolean]>([
    ['/api/*', '/api', true],
    ['/API/*', '/api/', true],
    ['/api/*', '/api/*', true],
    ['/api/*', ['/api', '/api/chat'], true],
    ['/:area/v1/*', '/api/v1', true],
    [['/a/*', '/b/*'], ['/b', '/a'], true],
    ['/api/*', ['/api', '/admin'], false],
    ['/api', '/api', false],
    ['/api/v1/*', '/api', false],
    ['/api/v1/*', '/api/:version', false],
    ['/api/*', '/', false],
    ['/api/*', () => true, false],
    [() => true, '/api', false],
    [undefined, '/api', false],
  ])('an exemption of %j covers a protected %j: %j', (exempt, protectedPaths, expected) => {
    expect(coversProtected(exempt, protectedPaths)).toBe(expected)
  })
})
