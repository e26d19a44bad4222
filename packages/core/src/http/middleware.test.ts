import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { compose, type Middleware, type Next } from './middleware.ts'

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

const failure = new Error('broken')
const throws: Middleware = () => {
  throw failure
}
const rejects = (() => Promise.reject(failure)) as unknown as Middleware
const continuesTwice: Middleware = (_request, _response, next) => {
  next()
  next()
  next(failure)
}

describe('a layer', () => {
  it.each([
    ['that throws', throws, failure],
    ['that rejects', rejects, failure],
    [
      'that throws nothing',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an application may do
        throw undefined
      },
      new Error('Something failed without an error.'),
    ],
    ...[0, '', false, Number.NaN, 0n, 'route', 'router'].map((thrown): [string, Middleware, Error] => [
      `that throws ${JSON.stringify(String(thrown))}`,
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an application may do
        throw thrown
      },
      new Error(String(thrown), { cause: thrown }),
    ]),
    [
      "that continues with Express' word for another route",
      (_request, _response, next) => {
        next('route')
      },
      new Error('route', { cause: 'route' }),
    ],
    ['that continues twice', continuesTwice, undefined],
  ])('%s', async (_name, layer, expected) => {
    const next = vi.fn((_error?: unknown) => undefined)
    compose([layer, visit('after')])(request, response, (error) => {
      next(error)
    })
    await setImmediate()
    expect(next.mock.calls).toEqual([[expected]])
  })

  it('that continues after the response has ended is dropped', () => {
    const ended = new ServerResponse(request)
    ended.end()
    const next = vi.fn()
    compose([visit('late')])(request, ended, (error) => {
      next(error)
    })
    expect(next).not.toHaveBeenCalled()
  })
})

describe('a continuation', () => {
  it.each([
    [
      'that throws',
      [],
      (_error?: unknown) => {
        throw failure
      },
    ],
    ['that rejects', [], (_error?: unknown) => Promise.reject(failure) as never],
    [
      'that takes no errors, for one of a layer',
      [throws],
      () => {
        throw new Error('must not run')
      },
    ],
  ])('%s is answered', async (_name, layers: Middleware[], next: Next) => {
    const onError = vi.fn()
    compose(layers, onError)(request, response, next)
    await setImmediate()
    expect(onError.mock.calls).toEqual([[failure, request, response]])
  })

  it('of a router takes errors without naming a parameter', () => {
    const routed = Object.assign(new IncomingMessage(new Socket()), { originalUrl: '/' })
    const seen: unknown[] = []
    compose([throws])(routed, response, (...errors: unknown[]) => seen.push(...errors))
    expect(seen).toEqual([failure])
  })
})
