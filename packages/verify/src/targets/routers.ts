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
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import { fastify, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import koaMount from 'koa-mount'
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

/**
 * Connect, which has mounts alone: what begins with a route's fixed part, and behind it a segment for each of its names.
 * Below a mount stands Connect again, or a handler that reads the rest with `new URL`.
 */
const connectServer =
  (below: 'nothing' | 'connect' | 'new URL'): TargetServer =>
  (guard, onRoute) => {
    const app = connect()
    app.use(guard)
    const run =
      (path: string): connect.NextHandleFunction =>
      (request, response, next) => {
        const names = path.match(/:\w+/g)?.length ?? 0
        const segments = (request.url ?? '/')
          .replace(/[?#].*$/s, '')
          .split('/')
          .filter(Boolean).length
        // A mount at `/` takes what no other took.
        if (segments < names || (path === '/' && segments > 0)) {
          next()
          return
        }
        onRoute(request, path)
        response.end()
      }
    const fixed = (path: string): string => path.replace(/\/:.*$/, '')
    const routes = targetRoutes.map(({ path }) => ({ path, target: mounted(path) }))
    for (const mount of below === 'nothing' ? [] : mountPaths) {
      const inside = routes.filter(({ target }) => target?.mount === mount)
      const sub = connect()
      for (const { path, target } of inside) {
        if (target && below === 'connect') sub.use(fixed(target.rest) || '/', run(path))
      }
      if (below === 'new URL') {
        sub.use((request, response, next) => {
          const rest = URL.parse(request.url ?? '/', 'http://localhost')?.pathname
          const found = inside.find(
            ({ target }) => rest !== undefined && target && matches(target.rest, rest),
          )
          if (found) run(found.path)(request, response, next)
          else next()
        })
      }
      app.use(mount, sub)
    }
    for (const { path, target } of routes)
      if (!target || below === 'nothing') app.use(fixed(path) || '/', run(path))
    return createServer((request, response) => {
      try {
        app(request, response)
      } catch {
        // Connect throws before its first middleware when Node cannot parse an absolute URL.
        response.statusCode = 400
        response.end()
      }
    })
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
      const target = mounts ? mounted(path) : undefined
      const router = target && routers.get(target.mount)
      const handler = (request: IncomingMessage, response: ServerResponse): void => {
        onRoute(request, path)
        response.end()
      }
      if (target && router) router.all(target.rest, handler)
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
  (below: 'nothing' | 'prefixes' | 'mounts'): TargetServer =>
  (guard, onRoute) => {
    const app = new Koa()
    app.silent = true
    app.use(async ({ req, res }, next) => {
      if (await passes(guard, req, res)) await next()
    })
    const routers = new Map(
      mountPaths.map((mount) => [mount, new KoaRouter(below === 'prefixes' ? { prefix: mount } : {})]),
    )
    const root = new KoaRouter()
    for (const { path } of targetRoutes) {
      const target = below === 'nothing' ? undefined : mounted(path)
      const router = (target && routers.get(target.mount)) ?? root
      router.all(target ? target.rest : path, (context) => {
        onRoute(context.req, path)
        context.body = ''
      })
    }
    for (const [mount, router] of routers) {
      const routes = router.routes()
      app.use(below === 'mounts' ? koaMount(mount, routes) : routes)
    }
    app.use(root.routes())
    const listener = app.callback()
    return createServer((request, response) => void listener(request, response))
  }

/** Whether a path is that of a route, as plain servers compare. */
const matches = (route: string, path: string): boolean =>
  new RegExp(`^${route === '/' ? '' : route.replace(/:\w+/g, '[^/]+')}/?$`).test(path)

/** A server without a router, which reads its path with `new URL`. */
const plainServer =
  (pathOf: (url: URL) => string): TargetServer =>
  (guard, onRoute) =>
    createServer((request, response) => {
      guard(request, response, () => {
        const url = URL.parse(request.url ?? '/', 'http://localhost')
        const path = url && pathOf(url)
        const found = targetRoutes.find((route) => path !== null && matches(route.path, path))
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
  koa: koaServer('nothing'),
  'koa, prefixed': koaServer('prefixes'),
  'koa, mounted': koaServer('mounts'),
  connect: connectServer('nothing'),
  'connect, mounted': connectServer('connect'),
  'connect, new URL below': connectServer('new URL'),
  'node:http, new URL': plainServer(({ pathname }) => pathname),
  'node:http, new URL decoded': plainServer(({ pathname }) => decoded(pathname)),
}
