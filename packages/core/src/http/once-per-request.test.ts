import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { oncePerRequest } from './once-per-request.ts'

it('runs once for a request, passes it on each time, and knows each middleware by itself', () => {
  const seen: string[] = []
  const [first, second] = ['first', 'second'].map((name) =>
    oncePerRequest((_request, _response, next) => {
      seen.push(name)
      next()
    }),
  )
  const ask = (): void => {
    const request = new IncomingMessage(new Socket())
    const response = new ServerResponse(request)
    for (const middleware of [first, second, first]) {
      middleware?.(request, response, () => seen.push('next'))
    }
  }
  ask()
  expect(seen).toEqual(['first', 'next', 'second', 'next', 'next'])
  ask()
  expect(seen).toHaveLength(10)
})
