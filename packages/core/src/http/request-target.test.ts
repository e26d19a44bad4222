import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { checkRequestTarget, withCheckedTarget } from './request-target.ts'

interface Sent {
  readonly method?: string
  readonly originalUrl?: string
  readonly host?: string | undefined
  readonly authority?: string
  readonly hosts?: readonly string[]
}

function requestOf(url: string, sent: Sent = {}): IncomingMessage {
  const { method = 'GET', authority, originalUrl } = sent
  const host = 'host' in sent ? sent.host : 'a.example'
  const { hosts = host === undefined ? [] : [host] } = sent
  const request = Object.assign(new IncomingMessage(new Socket()), { url, method })
  request.rawHeaders = hosts.flatMap((each) => ['Host', each])
  request.headers.host = host
  if (authority !== undefined) request.headers[':authority'] = authority
  return originalUrl === undefined ? request : Object.assign(request, { originalUrl })
}

describe('targets that pass', () => {
  it.each<[string, string, string]>([
    ['/', '/', 'a.example'],
    ['/api/chat?q=a/b', '/api/chat?q=a/b', 'a.example'],
    ['//x/api', '//x/api', 'a.example'],
    ['/a/../b/%2e%2e/c;d\\e', '/a/../b/%2e%2e/c;d\\e', 'a.example'],
    ['/a|b{c}"<>^`', '/a|b{c}"<>^`', 'a.example'],
    ['http://b.example/api', '/api', 'b.example'],
    ['HTTPS://B.example:8443/api/../x?q', '/api/../x?q', 'B.example:8443'],
    ['http://b.example', '/', 'b.example'],
    ['http://b.example:/x', '/x', 'b.example:'],
    ['http://b.example?q=1', '/?q=1', 'b.example'],
    ['http://[::1]:80/x', '/x', '[::1]:80'],
    ['http://192.0.2.1//x', '//x', '192.0.2.1'],
    ['', '', 'a.example'],
  ])('%j becomes %j of %s', (url, rewritten, host) => {
    const request = requestOf(url)
    expect(checkRequestTarget(request)).toBeUndefined()
    expect(request.url).toBe(rewritten)
    expect(request.headers.host).toBe(host)
    expect(checkRequestTarget(request)).toBeUndefined()
  })

  it('leaves the URL alone where a router has measured it', () => {
    const url = 'http://b.example/api'
    const request = requestOf(url, { originalUrl: url })
    expect(checkRequestTarget(request)).toBeUndefined()
    expect(request.url).toBe(url)
    expect(request.headers.host).toBe('b.example')
  })

  it('takes * from OPTIONS alone', () => {
    expect(checkRequestTarget(requestOf('*', { method: 'OPTIONS' }))).toBeUndefined()
    expect(checkRequestTarget(requestOf('*'))?.status).toBe(400)
  })
})

it.each([
  'http:///api/secret',
  'http://x:99999/api/secret',
  'http://x:port/api',
  'http://user@x/api',
  'http://user:password@x/api',
  'http://x\\y/api',
  'http://x;y/api',
  'http://%78/api',
  'http://x,y/api',
  'http://[::1/api',
  'http://[x]/api',
  'http://[1.2.3.4]/api',
  'http://:80/api',
  'http://?/api',
  'http://x?/api',
  'http://x/api#a',
  'http:/x/api',
  'http:x/api',
  'ftp://x/api',
  'file:///api',
  'javascript:/api',
  'x:443',
  'x',
  'api/secret',
  '?/api',
  '/login#a',
  '/#',
  '/a b',
  '/a\tb',
  '/a\u0000',
  '/a\u007f',
  '/secret\u00a0',
  '/caf\u00e9',
  '/a?\u00a0',
  '\\api',
  ' /api',
])('refuses %j', (url) => {
  expect(checkRequestTarget(requestOf(url))).toMatchObject({
    status: 400,
    type: 'urn:alfred:problem:invalid-request-target',
  })
})

it.each<[string, Sent, boolean]>([
  ['a name', { host: 'a.example' }, true],
  ['a port', { host: 'a_b.example.:8080' }, true],
  ['an IPv6 address', { host: '[2001:db8::1]:8080' }, true],
  ['none, as HTTP/1.0 allows', { host: undefined }, true],
  ['of HTTP/2', { host: undefined, authority: 'a.example:443' }, true],
  ['of HTTP/2, twice the same', { host: 'A.example', authority: 'a.example' }, true],
  ['of HTTP/2, two', { host: 'a.example', authority: 'b.example' }, false],
  ['of HTTP/2, none', { host: undefined, authority: '' }, false],
  ['two fields', { hosts: ['a.example', 'b.example'] }, false],
  ['two equal fields', { hosts: ['a.example', 'a.example'] }, false],
  ['a path', { host: 'x/../evil' }, false],
  ['a user', { host: 'x@evil' }, false],
  ['an empty field', { host: '' }, false],
  ['a port alone', { host: ':80' }, false],
  ['a port that is none', { host: 'x:99999' }, false],
  ['a list', { host: 'x, y' }, false],
  ['a scheme', { host: 'http://x' }, false],
  ['a query', { host: 'x?y' }, false],
  ['an address without brackets', { host: '::1' }, false],
])('the Host: %s', (_name, sent, passes) => {
  const problem = checkRequestTarget(requestOf('/', sent))
  expect(problem?.type).toBe(passes ? undefined : 'urn:alfred:problem:invalid-host')
})

it('keeps a layer from what it refuses', () => {
  const layer = vi.fn()
  const next = vi.fn()
  const request = requestOf('http:///api')
  const response = new ServerResponse(request)
  withCheckedTarget(layer)(request, response, next)
  expect(layer).not.toHaveBeenCalled()
  expect(next).not.toHaveBeenCalled()
  expect(response.statusCode).toBe(400)
  withCheckedTarget(layer)(requestOf('/api'), response, next)
  expect(layer).toHaveBeenCalledOnce()
})
