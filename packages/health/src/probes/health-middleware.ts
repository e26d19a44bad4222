import type { IncomingMessage } from 'node:http'
import {
  createGuardedFunction,
  type Logger,
  type Middleware,
  problemType,
  readBoolean,
  requestPath,
  sendProblem,
  withCheckedTarget,
} from '@alfred/core'
import type { HealthGroup } from '../checks/check.ts'
import { prepareAnswer, type PreparedAnswer, sendAnswer } from './prepared-answer.ts'
import { summaryDocument } from './health-document.ts'
import type { StatusPage } from '../status-page/status-page.ts'

/**
 * Who sees the checks: nobody, everybody, or the callers for which the function returns `true`.
 * Everybody sees the state itself.
 */
export type HealthDetails = 'never' | 'always' | ((request: IncomingMessage) => boolean)

type Probe = HealthGroup | 'liveness'

interface HealthMiddlewareOptions {
  readonly statusPage: { readonly page: StatusPage; readonly access: HealthDetails } | undefined
  readonly paths: Readonly<Record<Probe, string | false>>
  readonly details: HealthDetails
  readonly logger: Logger
  /** Called for every probe, before its answer. */
  readonly onProbe: () => void
  /** Whether the process has said that it needs a restart. */
  readonly isBroken: () => boolean
  readonly answer: (group: HealthGroup, detailed: boolean) => PreparedAnswer
}

const probes = ['liveness', 'startup', 'readiness', 'health'] as const satisfies Probe[]

const methodNotAllowed = {
  type: problemType('method-not-allowed'),
  status: 405,
  title: 'Method not allowed',
  detail: 'Health answers GET and HEAD.',
}

/** That anything answers is the news: a process whose event loop is blocked does not. */
const alive = prepareAnswer('pass', summaryDocument('pass', undefined))
const broken = prepareAnswer('fail', summaryDocument('fail', 'broken'))

export function createHealthMiddleware({
  paths,
  details,
  statusPage,
  logger,
  onProbe,
  isBroken,
  answer,
}: HealthMiddlewareOptions): Middleware {
  const byPath = new Map<string | false, Probe>(probes.map((probe) => [paths[probe], probe]))

  const createAccess = (name: string, access: HealthDetails): ((request: IncomingMessage) => boolean) => {
    if (typeof access === 'string') return () => access === 'always'
    return createGuardedFunction({
      name,
      call: access,
      read: (answer) => readBoolean(name, answer),
      fallback: false,
      consequence: 'the caller gets no details',
      logger,
    })
  }
  const mayReadDetails = createAccess('health.details', details)
  const mayReadPage = statusPage && createAccess('health.statusPage.access', statusPage.access)

  const pagePaths = new Set(statusPage?.page.paths)

  return withCheckedTarget((request, response, next) => {
    const path = requestPath(request)
    const probe = byPath.get(path)
    // Who may not see the page is not told that there is one.
    const page = pagePaths.has(path) && statusPage && mayReadPage?.(request) ? statusPage.page : undefined
    if (probe === undefined && !page) {
      next()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD')
      sendProblem(request, response, methodNotAllowed)
      return
    }
    if (probe === undefined) {
      page?.answer(path, request, response)
      return
    }
    onProbe()
    if (probe === 'liveness') sendAnswer(request, response, isBroken() ? broken : alive)
    else sendAnswer(request, response, answer(probe, mayReadDetails(request)))
  })
}
