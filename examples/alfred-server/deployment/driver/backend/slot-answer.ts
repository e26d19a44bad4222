import { isRecord, readJson, textOf } from '../json.ts'
import type { SlotAnswer } from './backend.ts'

/** Asks one path of a slot. Throws when nothing answers. */
export type AskPath = (path: string) => Promise<{ readonly status: number; readonly body: string }>

/** Asks a slot whether it is ready, what it runs and what it works on. */
export async function askSlot(ask: AskPath): Promise<SlotAnswer> {
  const answer = (path: string): ReturnType<AskPath> => ask(path).catch(() => ({ status: 0, body: '' }))
  const ready = await answer('/readyz')
  const health = await answer('/healthz')
  // Alone, since the gauge counts the request that asks for it.
  const metrics = await answer('/metrics')
  return {
    isReady: ready.status === 200,
    version: versionIn(health.body),
    activeRequests: metrics.status === 200 ? activeRequestsIn(metrics.body) : undefined,
  }
}

function versionIn(body: string): string | undefined {
  const document = readJson(body)
  return isRecord(document) ? (textOf(document, 'releaseId') ?? textOf(document, 'version')) : undefined
}

/** The sum of the gauge's series, without the request that asks for it. */
export function activeRequestsIn(exposition: string): number | undefined {
  const values = [...exposition.matchAll(/^http_server_active_requests(?:\{[^}]*\})? (\d+)$/gm)]
  if (values.length === 0) return undefined
  return Math.max(0, values.reduce((sum, [, value]) => sum + Number(value), 0) - 1)
}
