import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { noopLogger } from '@alfred/core'
import { SpanKind } from '@opentelemetry/api'
import { z } from 'zod'
import { createApp } from '../../../../examples/alfred-server/src/app.ts'
import { readSettings } from '../../../../examples/alfred-server/src/settings/settings.ts'
import type { RecordedSpans } from './recorded-spans.ts'
import type { TraceFigures } from './trace-matrix.ts'

const json = { 'content-type': 'application/json' }
const chat = z.object({ sessionId: z.string() })
const template = z.object({ id: z.string() })

/** The trace that the sender names for its n-th request. */
const traceOf = (sent: number): string => sent.toString(16).padStart(32, 'a')

/**
 * How many spans are of the rounds that the example makes by its own timer, to end what dead processes left. Each round is one
 * look and one deletion; a request that lost its context would show as one of them without the other.
 */
function spansOfRounds(names: readonly string[]): number {
  const looks = names.filter((name) => name === 'select messages').length
  const deletions = names.filter((name) => name === 'delete reservations').length
  return looks === deletions ? looks + deletions : 0
}

/**
 * Asks every route of the example and counts the spans outside of the trace that their request named. Every span counts
 * that begins between the first request and the last answer, but for those that the example's own timers begin.
 */
export async function runExampleRoutes(spans: RecordedSpans): Promise<TraceFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'alfred-traces-'))
  const alfred = createApp(readSettings({ ALFRED_DATA_DIR: folder, LOG_LEVEL: 'silent' }), noopLogger)
  const server = createServer(alfred.app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  let sent = 0
  let cookie = ''
  const ask = async (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<string> => {
    sent += 1
    const response = await fetch(`${origin}/api/alfred${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...json, cookie, ...headers, traceparent: `00-${traceOf(sent)}-b7ad6b7169203331-01` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    // Whose a conversation is, the example says by a cookie.
    cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? cookie
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} was answered ${String(response.status)}: ${text}`)
    return text
  }
  try {
    await alfred.start()
    spans.take()
    const { sessionId } = chat.parse(JSON.parse(await ask('/chat', { message: 'hello' })))
    await ask('/chat', { message: 'and on', sessionId })
    await ask('/chat', { message: 'as events', sessionId }, { accept: 'text/event-stream' })
    await ask(`/sessions/${sessionId}/messages`)
    await ask('/providers')
    await ask('/templates')
    const made = await ask('/templates', {
      name: 'greeting',
      content: 'Hello {{name}}',
      placeholders: ['name'],
    })
    const { id } = template.parse(JSON.parse(made))
    await ask(`/templates/${id}/render`, { values: { name: 'Ada' } })
    // What a handler does after its answer ends in a moment.
    await pause(200)
    const ended = spans.take()
    const traces = new Set(Array.from({ length: sent }, (_, at) => traceOf(at + 1)))
    const known = new Set(ended.map((span) => span.spanContext().spanId))
    const children = ended.filter(({ kind }) => kind !== SpanKind.SERVER)
    const orphans = children.filter(
      (span) => !traces.has(span.spanContext().traceId) || !known.has(span.parentSpanContext?.spanId ?? ''),
    )
    return {
      routes: 6,
      requests: sent,
      orphans: orphans.length - spansOfRounds(orphans.map(({ name }) => name)),
      doubled: Math.abs(ended.length - children.length - sent),
      children: children.length,
    }
  } finally {
    server.closeAllConnections()
    server.close()
    await alfred.guard.close()
    await alfred.database.close()
    await rm(folder, { recursive: true, force: true })
  }
}
