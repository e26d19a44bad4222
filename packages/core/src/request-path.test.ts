import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { createPathMatcher, type PathMatch, requestPath } from './request-path.ts'

function request(url: string, originalUrl?: string): IncomingMessage {
  return Object.assign(
    new IncomingMessage(new Socket()),
    { url },
    originalUrl === undefined ? {} : { originalUrl },
  )
}

it.each([
  ['/api/chat', undefined, '/api/chat'],
  ['/api/chat?a=/b', undefined, '/api/chat'],
  ['/chat', '/api/chat?x', '/api/chat'],
  ['http://evil.example/api/chat?x', undefined, '/api/chat'],
  ['*', undefined, '/'],
  ['', undefined, '/'],
])('the path of %j mounted as %j is %j', (url, originalUrl, path) => {
  expect(requestPath(request(url, originalUrl))).toBe(path)
})

it.each<[PathMatch, string, boolean]>([
  ['/api', '/api', true],
  ['/api', '/api/chat', true],
  ['/api', '/API/chat', true],
  ['/api/', '/api/chat', true],
  ['/api', '/apis', false],
  ['/api', '/', false],
  ['/', '/anything', true],
  [['/a', '/b'], '/b/c', true],
  [['/a', '/b'], '/c', false],
  [(path) => path.endsWith('.css'), '/x.css', true],
])('%j matches %j: %j', (match, path, expected) => {
  expect(createPathMatcher(match)(path, request(path))).toBe(expected)
})
