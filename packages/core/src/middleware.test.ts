import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { compose, type Middleware } from './middleware.ts'

const request = new IncomingMessage(new Socket())
const response = new ServerResponse(request)

function run(layers: readonly Middleware[]): unknown {
  let outcome: unknown = 'answered'
  compose(layers)(request, response, (error) => {
    outcome = error ?? 'passed'
  })
  return outcome
}

const seen: string[] = []
const visit =
  (name: string): Middleware =>
  (_request, _response, next) => {
    seen.push(name)
    next()
  }

it('runs the layers in order', () => {
  expect(run([visit('headers'), visit('cors'), visit('csrf')])).toBe('passed')
  expect(seen).toEqual(['headers', 'cors', 'csrf'])
})

it('stops at a layer that answers', () => {
  const answers: Middleware = () => undefined
  const unreachable: Middleware = () => {
    throw new Error('must not run')
  }
  expect(run([answers, unreachable])).toBe('answered')
})

it('hands an error to the end at once', () => {
  const failure = new Error('broken')
  const fails: Middleware = (_request, _response, next) => {
    next(failure)
  }
  const unreachable: Middleware = () => {
    throw new Error('must not run')
  }
  expect(run([fails, unreachable])).toBe(failure)
})

it('passes when there are no layers', () => {
  expect(run([])).toBe('passed')
})
