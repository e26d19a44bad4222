import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Middleware, requestContext } from '@alfred/core'
import type { HtmlSanitizer } from '@alfred/input-validation'
import { createTracing } from '@alfred/tracing'
import { z } from 'zod'
import { alfredHardening } from '@alfred/prod-security'
import { crossOriginHeaders, type LayerCombination } from './layer-combinations.ts'
import { findFaults, type RecordedSpans } from './recorded-spans.ts'
import { requestKinds, type RequestKind } from './request-kinds.ts'
import { lostContexts, spanningHandler } from './spanning-handler.ts'
import { type TracedHost, tracedHosts } from './traced-hosts.ts'

/** What a run of the matrix counted. */
export interface TraceFigures {
  readonly routes: number
  readonly requests: number
  /** Spans without their server span as parent, or handlers without the application's own context. */
  readonly orphans: number
  /** Requests with other than one server span. */
  readonly doubled: number
  readonly children: number
}

const noFigures: TraceFigures = { routes: 0, requests: 0, orphans: 0, doubled: 0, children: 0 }

/** The sum of two runs. */
export const addFigures = (one: TraceFigures, other: TraceFigures): TraceFigures => ({
  routes: one.routes + other.routes,
  requests: one.requests + other.requests,
  orphans: one.orphans + other.orphans,
  doubled: one.doubled + other.doubled,
  children: one.children + other.children,
})

async function send(
  port: number,
  id: string,
  kind: RequestKind,
  headers: Record<string, string>,
): Promise<number> {
  const { method, path, body } = kind
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    method,
    path: `/${path}/${id}`,
    headers: { ...kind.headers, ...headers },
  })
  if (body.length > 0 && kind.headers['transfer-encoding'] === undefined) {
    request.setHeader('content-length', Buffer.byteLength(body.join('')))
  }
  for (const chunk of body) {
    request.write(chunk)
    // So that a body in pieces comes in pieces.
    await nextTurn()
  }
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  return response.statusCode ?? 0
}

/** Sends every kind of request to a listener and counts the spans that lack their parent. */
async function ask(
  listener: RequestListener,
  spans: RecordedSpans,
  headersOf: (sent: number) => Record<string, string>,
): Promise<TraceFigures> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  spans.take()
  lostContexts.count = 0
  let sent = 0
  try {
    for (const kind of requestKinds) {
      sent += 1
      const id = sent % 7 === 0 ? `${String(sent)}long` : String(sent)
      const status = await send(port, id, kind, headersOf(sent))
      if (status !== 200) throw new Error(`${kind.method} /${kind.path}/${id} was answered ${String(status)}`)
    }
  } finally {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  const { orphans, doubled, children } = findFaults(spans.take())
  return { routes: 1, requests: sent, orphans: orphans + lostContexts.count, doubled, children }
}

const text = z.object({ text: z.string() }).optional()

/** Schemas that answer at once, and later. */
const schemas = { sync: { body: text }, async: { body: text.refine(() => Promise.resolve(true)) } }

/** Runs the composed stack in one combination of its layers on one host, with both kinds of validation. */
export async function runCombination(
  host: TracedHost,
  { config, needsKey }: LayerCombination,
  spans: RecordedSpans,
  sanitizer: HtmlSanitizer,
): Promise<TraceFigures> {
  const guard = alfredHardening({ ...config, tracing: { mounts: [] } })
  await guard.ready()
  const keys = needsKey
    ? await Promise.all(['one', 'other', 'third'].map((name) => guard.clientKeys.create({ name })))
    : []
  const headersOf = (sent: number): Record<string, string> => {
    const key = keys[sent % 3]
    return {
      ...(config.cors && sent % 4 !== 0 ? crossOriginHeaders : {}),
      ...(key ? { 'x-api-key': key.secret.reveal() } : {}),
    }
  }
  let figures = noFigures
  try {
    for (const schema of [schemas.sync, schemas.async]) {
      const listener = tracedHosts[host]({
        guard,
        // What was skipped by the body guard has no body to validate.
        validation: config.bodyGuard === false ? pass : guard.validate(schema),
        handler: (request, response) =>
          spanningHandler(guard.tracing, request, response, async () => {
            await sanitizer.sanitize('<b>hello</b><script>x</script>')
            if (config.rateLimit)
              await guard.rateLimit.consume({
                policy: 'requests',
                key: requestContext(request).requestId ?? '',
              })
          }),
      })
      figures = addFigures(figures, await ask(listener, spans, headersOf))
    }
  } finally {
    await guard.close()
  }
  return figures
}

const pass: Middleware = (_request, _response, next) => {
  next()
}

/** A body reader as many are written: it goes on from the events of the stream. */
const naiveBodyReader: Middleware = (request, _response, next) => {
  const chunks: Buffer[] = []
  request
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      Object.assign(request, { body: Buffer.concat(chunks).toString() })
      next()
    })
}

/** The control: a server span and a body reader without any care for the context. Spans must be missing their parent. */
export async function runControl(host: TracedHost, spans: RecordedSpans): Promise<TraceFigures> {
  const tracing = createTracing()
  const guard: Middleware = (request, response, next) => {
    tracing.middleware(request, response, () => {
      // Back to those of the prototype, whose listeners run where the event comes from.
      Reflect.deleteProperty(request, 'emit')
      Reflect.deleteProperty(response, 'emit')
      naiveBodyReader(request, response, next)
    })
  }
  const handler = (request: IncomingMessage, response: Parameters<typeof spanningHandler>[2]) =>
    spanningHandler(tracing, request, response)
  return ask(tracedHosts[host]({ guard, validation: pass, handler }), spans, () => ({}))
}
