import type { IncomingMessage } from 'node:http'

/** What Express 5 (`router`), Express 4 (`_router`) and NestJS on them keep of a middleware. */
interface RouterLayer {
  readonly name?: unknown
  readonly route?: unknown
  /** Express 5: mounted on every path. */
  readonly slash?: unknown
  /** Express 4: the same. */
  readonly regexp?: { readonly fast_slash?: unknown }
}

const isForEveryPath = ({ route, slash, regexp }: RouterLayer): boolean =>
  route === undefined && (slash === true || regexp?.fast_slash === true)

/** The stack of the application, once it has one. Express 4 throws where Express 5 has `router`. */
function layersOf(app: unknown): readonly unknown[] {
  if (typeof app !== 'function') return []
  const router: unknown =
    Reflect.get(app, '_router') ?? ('lazyrouter' in app ? undefined : Reflect.get(app, 'router'))
  const stack: unknown = typeof router === 'function' ? Reflect.get(router, 'stack') : undefined
  return Array.isArray(stack) ? stack : []
}

const isLayer = (layer: unknown): layer is RouterLayer => typeof layer === 'object' && layer !== null

/**
 * Whether the Express application of a request has a JSON parser of its own that every request meets: body-parser's, which
 * is `express.json()`. NestJS finds it in the same way, by its function's name.
 */
export function hasOwnJsonParser(request: IncomingMessage): boolean {
  const app: unknown = Reflect.get(request, 'app')
  return layersOf(app).some((layer) => isLayer(layer) && layer.name === 'jsonParser' && isForEveryPath(layer))
}
