import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Middleware } from '@alfred/core'
import express, { type Express } from 'express'
import express4 from 'express4'
import { z } from 'zod'
import type { HardenedStack } from './hardened-stack.ts'
import { markers } from './requests/markers.ts'

/** What the routes are served by. */
export type Framework = 'express4' | 'express5' | 'node:http'

const failure = (): Error => new Error(`cannot reach the database at ${markers.thrown}`)

function answer(response: ServerResponse, body: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(body)
}

/** Reads a body that the stack leaves alone. */
const upload: Middleware = (request, response) => {
  // A parser of the framework has read it.
  if (request.readableEnded) {
    answer(response, 'uploaded')
    return
  }
  let length = 0
  request.on('data', (chunk: Buffer) => (length += chunk.length))
  request.on('end', () => {
    answer(response, length > 0 ? 'uploaded' : 'empty')
  })
}

const later: Middleware = (_request, response, next) => {
  wait(15).then(() => {
    answer(response, 'later')
  }, next)
}

const stream: Middleware = (_request, response, next) => {
  const write = async (): Promise<void> => {
    for (let part = 0; part < 4 && !response.destroyed; part++) {
      response.write('part\n')
      await wait(8)
    }
    response.end()
  }
  write().catch(next)
}

/** Every route by its path, in the form that all frameworks take. */
function createRoutes(guard: HardenedStack): ReadonlyMap<string, readonly Middleware[]> {
  const said: Middleware = (_request, response) => {
    answer(response, 'ok')
  }
  const chat = guard.validate({ body: z.strictObject({ message: z.string().max(4000) }) })
  const items = guard.validate({ query: z.strictObject({ page: z.coerce.number().int().optional() }) })
  return new Map<string, readonly Middleware[]>([
    ['/', [said]],
    ['/narrow', [said]],
    ['/api/chat', [chat, said]],
    ['/open/items', [items, said]],
    ['/form', [upload]],
    ['/upload', [upload]],
    ['/later', [later]],
    ['/stream', [stream]],
    [
      '/failing',
      [
        () => {
          throw failure()
        },
      ],
    ],
    [
      '/rejecting',
      [
        (_request, _response, next) => {
          Promise.reject(failure()).catch(next)
        },
      ],
    ],
  ])
}

function createExpressApp(guard: HardenedStack, framework: typeof express): RequestListener {
  const app: Express = framework()
  app.disable('x-powered-by')
  app.use(guard)
  app.use('/form', framework.urlencoded({ extended: true }))
  for (const [path, handlers] of createRoutes(guard)) app.all(path, ...handlers)
  app.get('/open/items/:id', (_request: IncomingMessage, response: ServerResponse) => {
    answer(response, 'item')
  })
  app.use(guard.notFoundHandler, guard.errorHandler)
  return app
}

function createPlainApp(guard: HardenedStack): RequestListener {
  const routes = createRoutes(guard)
  return (request, response) => {
    const fail = (error: unknown): void => {
      guard.errorHandler(error, request, response, () => undefined)
    }
    const run = (handlers: readonly Middleware[]): void => {
      const [handler, ...rest] = handlers
      if (!handler) return
      try {
        handler(request, response, (error?: unknown) => {
          if (error === undefined || error === null) run(rest)
          else fail(error)
        })
      } catch (error) {
        fail(error)
      }
    }
    const route: Middleware = () => {
      const [path = ''] = (request.url ?? '').split('?')
      run(
        routes.get(path) ?? [
          (_, __, pass) => {
            guard.notFoundHandler(request, response, pass)
          },
        ],
      )
    }
    run([guard, route])
  }
}

/** Builds an application of the framework behind the stack. */
export function createHostileApp(framework: Framework, guard: HardenedStack): RequestListener {
  if (framework === 'node:http') return createPlainApp(guard)
  return createExpressApp(guard, framework === 'express5' ? express : express4)
}
