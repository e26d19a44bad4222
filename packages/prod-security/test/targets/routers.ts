import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http'
import middie from '@fastify/middie'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import KoaRouter from '@koa/router'
import type { Middleware } from '@alfred/core'
import express from 'express'
import express4 from 'express4'
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { targetRoutes } from './routes.ts'

/** Called by a route that runs. */
export type OnRoute = (request: IncomingMessage, path: string) => void

/** Builds a server whose requests pass the guard before their route. It does not listen yet. */
export type TargetServer = (guard: Middleware, onRoute: OnRoute) => Server | Promise<Server>

const mountPaths = ['/api', '/admin', '/public']

/** A path below its mount; `undefined` where it has none. */
function mounted(path: string): { readonly mount: string; readonly rest: string } | undefined {
  const mount = mountPaths.find((each) => path === each || path.startsWith(`${each}/`))
  return mount === undefined ? undefined : { mount, rest: path.slice(mount.length) || '/' }
}

/** What Express 4 and 5 share. */
interface ExpressLike {
  (): {
    use(path: string, handler: unknown): unknown
    use(handler: unknown): unknown
    all(path: string, handler: unknown): unknown
  }
  Router(): { all(path: string, handler: unknown): unknown }
}

const expressServer =
  (create: ExpressLike, mounts: boolean): TargetServer =>
  (guard, onRoute) => {
    const app = create()
    app.use(guard)
    const routers = new Map(mountPaths.map((mount) => [mount, create.Router()]))
    if (mounts) for (const [mount, router] of routers) app.use(mount, router)
    for (const { path } of targetRoutes) {
      const place = mounts ? mounted(path) : undefined
      const router = place && routers.get(place.mount)
      const handler = (request: IncomingMessage, response: ServerResponse): void => {
        onRoute(request, path)
        response.end()
      }
      if (place && router) router.all(place.rest, handler)
      else app.all(path, handler)
    }
    // Parameters that cannot be decoded; Express would print the error.
    app.use((_error: unknown, _request: IncomingMessage, response: ServerResponse, _next: unknown) => {
      response.statusCode = 400
      response.end()
    })
    return createServer(app as unknown as RequestListener)
  }

const fastifyServer =
  (
    options: FastifyServerOptions,
    install: (app: FastifyInstance, guard: Middleware) => Promise<void> | void,
  ): TargetServer =>
  async (guard, onRoute) => {
    const app = fastify(options)
    await install(app, guard)
    for (const { path } of targetRoutes) {
      app.all(path, (request, reply) => {
        onRoute(request.raw, path)
        return reply.send('')
      })
    }
    await app.ready()
    return app.server
  }

const hook = (app: FastifyInstance, guard: Middleware): void => {
  app.addHook('onRequest', (request, reply, done) => {
    guard(request.raw, reply.raw, (error) => {
      done(error instanceof Error ? error : undefined)
    })
  })
}

/** Whether the guard passes a request on; it ends the response of any other. */
const passes = (guard: Middleware, request: IncomingMessage, response: ServerResponse): Promise<boolean> =>
  new Promise((resolve) => {
    response.once('close', () => {
      resolve(false)
    })
    guard(request, response, () => {
      resolve(true)
    })
  })

const honoServer =
  (inside: boolean): TargetServer =>
  (guard, onRoute) => {
    const app = new Hono<{ Bindings: HttpBindings }>()
    if (inside) {
      app.use(async ({ env: { incoming, outgoing } }, next) => {
        if (!(outgoing instanceof ServerResponse)) throw new Error('HTTP/2')
        if (!(await passes(guard, incoming, outgoing))) return RESPONSE_ALREADY_SENT
        await next()
        return undefined
      })
    }
    for (const { path } of targetRoutes) {
      app.all(path, (context) => {
        onRoute(context.env.incoming, path)
        return context.text('')
      })
    }
    const listener = getRequestListener(app.fetch)
    return createServer((request, response) => {
      if (inside) void listener(request, response)
      else guard(request, response, () => void listener(request, response))
    })
  }

const koaServer =
  (prefixed: boolean): TargetServer =>
  (guard, onRoute) => {
    const app = new Koa()
    app.silent = true
    app.use(async ({ req, res }, next) => {
      if (await passes(guard, req, res)) await next()
    })
    const routers = new Map(mountPaths.map((mount) => [mount, new KoaRouter({ prefix: mount })]))
    const root = new KoaRouter()
    for (const { path } of targetRoutes) {
      const place = prefixed ? mounted(path) : undefined
      const router = (place && routers.get(place.mount)) ?? root
      router.all(place ? place.rest : path, (context) => {
        onRoute(context.req, path)
        context.body = ''
      })
    }
    for (const router of [...routers.values(), root]) app.use(router.routes())
    const listener = app.callback()
    return createServer((request, response) => void listener(request, response))
  }

const patterns = targetRoutes.map(({ path }) => ({
  path,
  pattern: new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`),
}))

/** A server without a router, which reads its path with `new URL`. */
const plainServer =
  (pathOf: (url: URL) => string): TargetServer =>
  (guard, onRoute) =>
    createServer((request, response) => {
      guard(request, response, () => {
        const url = URL.parse(request.url ?? '/', 'http://localhost')
        const path = url && pathOf(url)
        const found = patterns.find(({ pattern }) => path !== null && pattern.test(path))
        if (found) onRoute(request, found.path)
        response.statusCode = found ? 200 : 404
        response.end()
      })
    })

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const lenient = {
  routerOptions: {
    caseSensitive: false,
    ignoreDuplicateSlashes: true,
    ignoreTrailingSlash: true,
    useSemicolonDelimiter: true,
  },
}

/** Every router that generated targets are sent to. */
export const targetServers: Readonly<Record<string, TargetServer>> = {
  'express 5': expressServer(express, false),
  'express 5, mounted': expressServer(express, true),
  'express 4': expressServer(express4, false),
  'express 4, mounted': expressServer(express4, true),
  'fastify, hook': fastifyServer({}, hook),
  'fastify, hook, lenient': fastifyServer(lenient, hook),
  'fastify, middie': fastifyServer({}, async (app, guard) => {
    await app.register(middie)
    app.use(guard)
  }),
  hono: honoServer(false),
  'hono, inside': honoServer(true),
  koa: koaServer(false),
  'koa, prefixed': koaServer(true),
  'node:http, new URL': plainServer(({ pathname }) => pathname),
  'node:http, new URL decoded': plainServer(({ pathname }) => decoded(pathname)),
}
