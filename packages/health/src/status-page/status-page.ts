import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Clock,
  type EventStream,
  openEventStream,
  problemType,
  sendProblem,
  type Timer,
  whenFinished,
} from '@alfred/core'
import type { CheckStatus } from '../checks/check.ts'
import type { ServiceIdentity } from '../registry/service-identity.ts'
import type { HealthSnapshot } from '../registry/health-snapshot.ts'
import { createHealthHistory } from './health-history.ts'
import { pageDocument, pageHeaders } from './page-document.ts'

/** What a status page is made of. */
interface StatusPageParts {
  readonly path: string
  readonly historyMs: number
  readonly clock: Clock
  readonly identity: ServiceIdentity
  readonly snapshot: () => HealthSnapshot
}

/** A page that shows the checks, and the stream that keeps it up to date. */
export interface StatusPage {
  /** The page's path and its stream's. */
  readonly paths: readonly string[]
  /** Answers a GET or HEAD of one of {@link paths}. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): void
  /** Takes over what the checks found and tells the readers soon. */
  update(): void
  noteChange(check: string, from: CheckStatus, to: CheckStatus): void
  forget(check: string): void
  close(): void
}

interface Change {
  readonly at: number
  readonly check: string
  readonly from: CheckStatus
  readonly to: CheckStatus
}

const maxChanges = 30
const maxReaders = 50

/** Readers hear of everything, and not more often than they can look. */
const pauseMs = 1000

/** A reader that does not keep up is dropped; it comes back for the state as it is then. */
const maxUnsentBytes = 1_000_000

/** No check has a colon in its name. */
const overallKey = ':overall'

const tooManyReaders = {
  type: problemType('too-many-readers'),
  status: 503,
  title: 'Too many readers',
  detail: 'The status page is open too often.',
}

export function createStatusPage({
  path,
  historyMs,
  clock,
  identity,
  snapshot,
}: StatusPageParts): StatusPage {
  const history = createHealthHistory(clock, historyMs)
  const startedAt = clock.now()
  const changes: Change[] = []
  const readers = new Map<EventStream, ServerResponse>()
  const eventsPath = `${path === '/' ? '' : path}/events`
  let pending: Timer | undefined

  const stateAsJson = (): string => {
    const { checks, ...rest } = snapshot()
    return JSON.stringify({
      service: identity,
      ...rest,
      now: clock.now(),
      startedAt,
      slotMs: history.slotMs,
      overall: { status: rest.health, ...history.read(overallKey) },
      checks: checks.map((check) => ({ ...check, ...history.read(check.name) })),
      changes,
    })
  }

  const tell = (): void => {
    pending = undefined
    if (readers.size === 0) return
    const data = stateAsJson()
    for (const [reader, response] of readers) {
      if (response.writableLength > maxUnsentBytes) response.destroy()
      else reader.send({ data })
    }
  }

  const endAll = (): void => {
    for (const reader of readers.keys()) reader.end()
    readers.clear()
  }

  const openStream = (request: IncomingMessage, response: ServerResponse): void => {
    if (readers.size >= maxReaders) {
      response.setHeader('Retry-After', '10')
      sendProblem(request, response, tooManyReaders)
      return
    }
    const stream = openEventStream(request, response, { clock, retryMs: 3000 })
    stream.send({ data: stateAsJson() })
    // An open stream would hold the drain; the reader comes back, to another instance once there is one.
    if (snapshot().draining) {
      stream.end()
      return
    }
    readers.set(stream, response)
    whenFinished(response, () => readers.delete(stream))
  }

  return {
    paths: [path, eventsPath],
    answer(requestedPath, request, response) {
      if (requestedPath === eventsPath && request.method === 'GET') {
        openStream(request, response)
        return
      }
      response.writeHead(200, pageHeaders)
      response.end(request.method === 'HEAD' ? undefined : pageDocument)
    },
    update() {
      const { checks, health, draining } = snapshot()
      history.note(overallKey, checks.some(({ status }) => status === 'pending') ? 'pending' : health)
      for (const { name, status } of checks) history.note(name, status)
      if (draining) {
        pending?.cancel()
        tell()
        endAll()
      } else if (readers.size > 0) {
        pending ??= clock.setTimeout(tell, pauseMs)
      }
    },
    noteChange(check, from, to) {
      changes.unshift({ at: clock.now(), check, from, to })
      changes.length = Math.min(changes.length, maxChanges)
    },
    forget(check) {
      history.forget(check)
    },
    close() {
      pending?.cancel()
      endAll()
    },
  }
}
