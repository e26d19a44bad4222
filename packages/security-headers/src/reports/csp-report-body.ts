import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, whenFinished } from '@alfred/core'
import { type CspViolation, isRecord, readViolation } from './csp-violation.ts'

/** Why a body was not read; the status to answer with. */
export type BodyRefusal = 400 | 408 | 413

/** The media types reports come in: of `report-uri` and of the Reporting API. */
export type ReportFormat = 'csp-report' | 'reports+json'

const formats = new Map<string, ReportFormat>([
  ['application/csp-report', 'csp-report'],
  ['application/reports+json', 'reports+json'],
])

/** The format a `Content-Type` names; `undefined` for any other. */
export function reportFormat(contentType = ''): ReportFormat | undefined {
  const [mediaType = ''] = contentType.split(';', 1)
  return formats.get(mediaType.trim().toLowerCase())
}

/** Reads at most `maxBytes`, for at most `timeoutMs`. Calls `done` once. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  { maxBytes, timeoutMs, clock }: { maxBytes: number; timeoutMs: number; clock: Clock },
  done: (body: Buffer | BodyRefusal) => void,
): void {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    done(413)
    return
  }
  // Somebody read it before: nothing will come any more.
  if (request.readableEnded) {
    done(400)
    return
  }
  const chunks: Buffer[] = []
  let size = 0
  let isDone = false
  const finish = (result: Buffer | BodyRefusal): void => {
    if (isDone) return
    isDone = true
    timer.cancel()
    request.off('data', onData).off('end', onEnd).off('error', onFailure).off('close', onFailure)
    done(result)
  }
  const onData = (chunk: Buffer): void => {
    size += chunk.byteLength
    if (size > maxBytes) finish(413)
    else chunks.push(chunk)
  }
  const onEnd = (): void => {
    finish(Buffer.concat(chunks))
  }
  const onFailure = (): void => {
    finish(400)
  }
  const timer = clock.setTimeout(() => {
    finish(408)
  }, timeoutMs)
  request.on('data', onData).on('end', onEnd).on('error', onFailure).on('close', onFailure)
  // The request of a client that hung up before emits nothing more.
  whenFinished(response, onFailure)
}

/** The reports in a body: how many there are, and the violations among the first `maxReports`. */
export interface ParsedReports {
  readonly total: number
  readonly violations: readonly CspViolation[]
}

/** @returns `undefined` when the body is not what its format promises */
export function parseReports(
  format: ReportFormat,
  body: Buffer,
  maxReports: number,
): ParsedReports | undefined {
  const parsed = parseJson(body)
  if (format === 'csp-report') {
    if (!isRecord(parsed) || !isRecord(parsed['csp-report'])) return undefined
    const violation = readViolation(parsed['csp-report'])
    return { total: 1, violations: violation === undefined ? [] : [violation] }
  }
  // The Reporting API sends a list; some browsers send a lone report bare.
  const reports: readonly unknown[] | undefined = Array.isArray(parsed)
    ? parsed
    : isRecord(parsed)
      ? [parsed]
      : undefined
  if (!reports) return undefined
  const violations = reports.slice(0, maxReports).flatMap((report) => {
    if (!isRecord(report) || report['type'] !== 'csp-violation') return []
    return readViolation(report['body']) ?? []
  })
  return { total: reports.length, violations }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
