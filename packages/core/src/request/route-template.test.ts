import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createRouteResolver } from './route-template.ts'

const request = (url: string, baseUrl: string | undefined, route: object | undefined): IncomingMessage =>
  Object.assign(new IncomingMessage(new Socket()), { url, ...(route && { route, baseUrl }) })

const mounts = ['/api', '/tenants/:tenantId', '/api/v1.0']

it.each<[string, unknown, string, string | undefined, string | undefined]>([
  ['no route', undefined, '/x', undefined, undefined],
  ['a plain route', '/users/:id', '/users/7', '', '/users/:id'],
  ['a trailing slash', '/users/:id', '/users/7/', '', '/users/:id'],
  ['the root', '/', '/', '', '/'],
  ['a declared mount', '/users/:id', '/api/users/7', '/api', '/api/users/:id'],
  ['a declared mount in other case', '/users/:id', '/API/users/7', '/API', '/api/users/:id'],
  ['the root of a mount', '/', '/api', '/api', '/api'],
  [
    'a mount with a parameter',
    '/users/:id',
    '/tenants/42/users/7',
    '/tenants/42',
    '/tenants/:tenantId/users/:id',
  ],
  ['a mount with a dot', '/x', '/api/v1.0/x', '/api/v1.0', '/api/v1.0/x'],
  ['a path that only resembles that mount', '/x', '/api/v1x0/x', '/api/v1x0', '*/x'],
  [
    'a mount after a throw, when baseUrl is empty',
    '/users/:id',
    '/tenants/42/users/7',
    '',
    '/tenants/:tenantId/users/:id',
  ],
  ['an undeclared mount', '/users/:id', '/shops/42/users/7', '/shops/42', '*/users/:id'],
  ['a wildcard', '/files/*path', '/files/a/b/c', '', '/files/*path'],
  ['a wildcard under a mount', '/files/*path', '/api/files/a/b', '/api', '/api/files/*path'],
  ['an optional part', '/a{/:b}', '/a/1', '', '/a{/:b}'],
  ['an expression', /^\/v\d+$/, '/v1', '', '/^\\/v\\d+$/'],
  ['a list', ['/a', '/b'], '/b', '', '/a,/b'],
])('names %s', (_what, path, url, baseUrl, expected) => {
  const route = path === undefined ? undefined : { path }
  expect(createRouteResolver(mounts)(request(url, baseUrl, route))).toBe(expected)
})

it('tells a route of a router that is mounted twice apart, also after a throw', () => {
  const route = { path: '/users/:id' }
  const resolve = createRouteResolver(mounts)
  expect(resolve(request('/tenants/42/users/7', '', route))).toBe('/tenants/:tenantId/users/:id')
  expect(resolve(request('/users/7', '', route))).toBe('/users/:id')
  expect(resolve(request('/users/8', '', route))).toBe('/users/:id')
  expect(resolve(request('/tenants/42/users/7', '/tenants/42', route))).toBe('/tenants/:tenantId/users/:id')
})

it('answers what is kept for a template, made once', () => {
  const made: string[] = []
  const resolve = createRouteResolver(mounts, (template) => {
    made.push(template)
    return { template }
  })
  const route = { path: '/users/:id' }
  const first = resolve(request('/api/users/7', '/api', route))
  expect(first).toEqual({ template: '/api/users/:id' })
  expect(resolve(request('/api/users/8', '/api', route))).toBe(first)
  expect(resolve(request('/users/8', '', route))).toEqual({ template: '/users/:id' })
  expect(made).toEqual(['/api/users/:id', '/users/:id'])
})
