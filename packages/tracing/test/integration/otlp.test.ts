import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as stable from '@opentelemetry/semantic-conventions'
import * as incubating from '@opentelemetry/semantic-conventions/incubating'
import { expect, it, onTestFinished } from 'vitest'
import { attribute, previousAttribute } from '../../src/index.ts'

/** A span in OTLP's JSON: https://github.com/open-telemetry/opentelemetry-proto */
interface OtlpSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
  readonly status: { readonly code: number }
  readonly events?: readonly unknown[]
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Starts a receiver of OTLP over HTTP, at the path that collectors have. */
async function startReceiver(): Promise<{ readonly url: string; readonly spans: OtlpSpan[] }> {
  const spans: OtlpSpan[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(body) as OtlpTraces
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)))
      response.setHeader('Content-Type', 'application/json')
      response.end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1/traces`, spans }
}

const valueOf = (value: Readonly<Record<string, unknown>>): unknown => {
  if ('intValue' in value) return Number(value['intValue'])
  if ('arrayValue' in value) return 'list'
  return Object.values(value)[0]
}

const attributesOf = (span: OtlpSpan | undefined): Record<string, unknown> =>
  Object.fromEntries((span?.attributes ?? []).map(({ key, value }) => [key, valueOf(value)]))

// Numbers of OTLP's SpanKind and of the status code for errors.
const [internal, server, client, failed] = [1, 2, 3, 2]

it.each([
  ['API 1.10 and SDK 3', []],
  ['API 1.9 and SDK 2', ['--import', file('sdk-2-hook.ts')]],
])('sends spans by the conventions to a collector, with %s', async (_what, hooks) => {
  const { url, spans } = await startReceiver()
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@alfred/source',
    ...hooks,
    file('otlp-scenario.ts'),
    url,
  ])
  const named = (name: string): OtlpSpan | undefined => spans.find((span) => span.name === name)
  const root = named('GET /chat/:id')
  expect(root).toMatchObject({ kind: server, traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) })
  expect(attributesOf(root)).toMatchObject({
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'http.route': '/chat/:id',
    'url.path': '/chat/7',
    'url.scheme': 'http',
    'client.address': '127.0.0.1',
  })
  const children: readonly [string, number, Record<string, unknown>][] = [
    [
      'SELECT messages',
      client,
      { 'db.system.name': 'postgresql', 'db.operation.name': 'SELECT', 'db.collection.name': 'messages' },
    ],
    ['template.generate', internal, { 'alfred.template.id': 't1', 'alfred.template.variable_count': 2 }],
    [
      'chat gpt-5',
      client,
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.request.stream': true,
        'gen_ai.response.model': 'gpt-5-2026',
        'gen_ai.usage.input_tokens': 3,
        'gen_ai.usage.output_tokens': 2,
        'gen_ai.response.finish_reasons': 'list',
        'alfred.stream.chunks': 2,
        'alfred.stream.outcome': 'completed',
      },
    ],
    ['work.fail', internal, { 'error.type': 'TypeError' }],
  ]
  for (const [name, kind, attributes] of children) {
    const span = named(name)
    expect(span, name).toMatchObject({ kind, traceId: root?.traceId, parentSpanId: root?.spanId })
    expect(attributesOf(span), name).toMatchObject(attributes)
  }
  expect(spans).toHaveLength(1 + children.length)
  expect(named('work.fail')?.status.code).toBe(failed)
  expect(named('work.fail')?.events ?? []).toEqual([])
  expect(JSON.parse(stdout)).toEqual({ traceId: root?.traceId, spanId: root?.spanId })
  // Neither the query, nor an error's message, nor what was asked.
  expect(JSON.stringify(spans)).not.toContain('private')
  // No attribute has a name that is not in the table.
  const known = new Set<string>(Object.values(attribute))
  const used = spans.flatMap((span) => span.attributes.map(({ key }) => key))
  expect(used.filter((key) => !known.has(key))).toEqual([])
})

it('takes its names from the conventions', () => {
  const conventions = new Set<unknown>(
    [stable, incubating].flatMap((names: object): unknown[] => Object.values(names)),
  )
  const names = Object.values(attribute).filter((name) => !name.startsWith('alfred.'))
  expect(names.filter((name) => !conventions.has(name))).toEqual([])
  expect(Object.values(previousAttribute).filter((name) => !conventions.has(name))).toEqual([])
})
