import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { requestPath } from './request-path.ts'

it.each([
  ['/api/chat', undefined, '/api/chat'],
  ['/api/chat?a=/b', undefined, '/api/chat'],
  ['/chat', '/api/chat?x', '/api/chat'],
  ['http://evil.example/api/chat?x', undefined, '/api/chat'],
  ['http://a.example/x/../api//b', undefined, '/x/../api//b'],
  ['http://a.example?x=/b', undefined, '/'],
  ['*', undefined, '*'],
  ['', undefined, '/'],
])('the path of %j mounted as %j is %j', (url, originalUrl, path) => {
  const request = Object.assign(
    new IncomingMessage(new Socket()),
    { url },
    originalUrl === undefined ? {} : { originalUrl },
  )
  expect(requestPath(request)).toBe(path)
})
