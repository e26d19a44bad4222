import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  closeAfterAnswer,
  createClientAddressResolver,
  type Middleware,
  problemType,
  readBody,
  requestPath,
  sendProblem,
  startOver,
  withCheckedTarget,
} from '@alfred/core'
import { type OtherViolation, parseReports, reportFormat, type ReportFormat } from './csp-report-body.ts'
import { type CspReportsOptions, resolveCspReportsOptions } from './csp-reports-options.ts'
import { createReportBudget } from './report-budget.ts'
import { createViolationMemory } from './violation-memory.ts'

/** What became of the reports since the start. */
export interface CspReportCounts {
  /** Violations told as `csp.violation`. */
  readonly reported: number
  /** Violations held back because an equal one was told shortly before. */
  readonly repeated: number
  /** Violations of other policies: they are counted alone. */
  readonly others: Readonly<Record<OtherViolation, number>>
  /** Reports of other kinds, or caused by browser extensions. */
  readonly ignored: number
  /** Reports beyond `maxReports` or `reportsPerSecond`. */
  readonly dropped: number
  /** Requests with an unacceptable method, type, size or body. */
  readonly refused: number
}

/** The endpoint browsers report violations to. */
export interface CspReports extends Middleware {
  /** What became of the reports since the start. */
  counts(): CspReportCounts
  /** Where it answers. */
  readonly path: string
}

/** A browser sends a report at once; one that trickles in is not worth the memory it holds. */
const bodyTimeoutMs = 10_000

const refusals: Record<400 | 405 | 408 | 413 | 415, { name: string; title: string }> = {
  400: { name: 'malformed-report', title: 'Malformed report' },
  405: { name: 'method-not-allowed', title: 'Method not allowed' },
  408: { name: 'body-timeout', title: 'Request timed out' },
  413: { name: 'body-too-large', title: 'Body too large' },
  415: { name: 'unsupported-content', title: 'Unsupported media type' },
}

/**
 * Builds the endpoint for Content-Security-Policy reports, in both formats browsers send. Anybody can
 * post to it, so all it takes is bounded: bytes, reports per body, reports per second, memory, and
 * every text it passes on. Other paths, and preflights, go on to the app.
 *
 * Put it before body parsers and before layers that refuse what is not signed in.
 *
 * @throws {@link AlfredConfigError} (`ALFRED_CONFIG_INVALID`) naming every option that is wrong
 *
 * @example
 * ```ts
 * import { createEventBus, noopLogger } from '@alfred/core'
 * import { createCspReports, createSecurityHeaders } from '@alfred/security-headers'
 *
 * const events = createEventBus(noopLogger)
 * events.on('csp.violation', ({ directive, blocked, page }) => {
 *   process.stdout.write(`${directive} blocked ${blocked} on ${page}\n`)
 * })
 *
 * export const reports = createCspReports({ path: '/csp-reports', events })
 * export const headers = createSecurityHeaders({
 *   reportingEndpoints: { csp: '/csp-reports' },
 *   contentSecurityPolicy: { directives: { reportTo: ['csp'] } },
 * })
 * ```
 */
export function createCspReports(options?: CspReportsOptions): CspReports {
  const { path, maxBytes, maxReports, events, logger, clock, ...limits } = resolveCspReportsOptions(options)
  const budget = createReportBudget(
    limits.reportsPerSecond,
    limits.totalReportsPerSecond,
    clock.monotonicMs(),
  )
  const clientAddress = createClientAddressResolver(limits.trustProxy)
  const memory = createViolationMemory(limits.dedupEntries, limits.dedupWindowMs)
  const counts = { reported: 0, repeated: 0, ignored: 0, dropped: 0, refused: 0 }
  const others: Record<OtherViolation, number> = {
    coep: 0,
    'integrity-violation': 0,
    'permissions-policy-violation': 0,
  }

  const refuse = (
    request: IncomingMessage,
    response: ServerResponse,
    status: keyof typeof refusals,
  ): void => {
    counts.refused += 1
    const { name, title } = refusals[status]
    if ((status === 408 || status === 413) && !request.complete) closeAfterAnswer(request, response, clock)
    sendProblem(request, response, { type: problemType(name), status, title })
  }

  const accept = (body: Buffer, format: ReportFormat, address: string | undefined): boolean => {
    const parsed = parseReports(format, body, maxReports)
    if (!parsed) return false
    const read = Math.min(parsed.total, maxReports)
    counts.dropped += parsed.total - read
    for (const kind of parsed.others) others[kind] += 1
    counts.ignored += read - parsed.violations.length - parsed.others.length
    const now = clock.monotonicMs()
    for (const [index, violation] of parsed.violations.entries()) {
      // The first is paid for by the request.
      if (index > 0 && !budget.take(address, now)) {
        counts.dropped += 1
        continue
      }
      const repeats = memory.admit(violation, now)
      if (repeats === undefined) {
        counts.repeated += 1
        continue
      }
      counts.reported += 1
      events?.emit('csp.violation', { ...violation, repeats })
      logger.warn({ ...violation, repeats }, 'a page violated its Content-Security-Policy')
    }
    return true
  }

  const middleware: Middleware = withCheckedTarget((request, response, next) => {
    if (request.method === 'OPTIONS' || requestPath(request) !== path) {
      next()
      return
    }
    // Answered already; what reads the body now would wait for nothing.
    if (response.headersSent) {
      next()
      return
    }
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST')
      refuse(request, response, 405)
      return
    }
    const format = reportFormat(request.headers['content-type'])
    const encoding = request.headers['content-encoding']
    if (format === undefined || (encoding !== undefined && encoding !== 'identity')) {
      refuse(request, response, 415)
      return
    }
    const now = clock.monotonicMs()
    const address = clientAddress.address(request)
    if (!budget.take(address, now)) {
      counts.dropped += 1
      response.setHeader('retry-after', Math.max(1, Math.ceil(budget.waitMs(address, now) / 1000)))
      if (request.httpVersionMajor === 1) response.setHeader('connection', 'close')
      sendProblem(request, response, {
        type: problemType('rate-limited'),
        status: 429,
        title: 'Too many requests',
      })
      return
    }
    // Somebody read it before: nothing will come any more.
    if (request.readableEnded) {
      refuse(request, response, 400)
      return
    }
    readBody(request, response, { maxBytes, timeoutMs: bodyTimeoutMs, clock }, (body) => {
      if (body === 'aborted') counts.refused += 1
      else if (body === 'timeout') refuse(request, response, 408)
      else if (body === 'too-large') refuse(request, response, 413)
      else if (!accept(body, format, address)) refuse(request, response, 400)
      else {
        // What a layer in front planned for another answer, such as Trailer, would throw here.
        startOver(request, response)
        response.writeHead(204).end()
      }
    })
  })

  return Object.assign(middleware, { path, counts: () => ({ ...counts, others: { ...others } }) })
}
