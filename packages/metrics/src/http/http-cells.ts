import { methods } from './http-methods.ts'
import { findBucket, type Counter, type Histogram } from '../instruments/instruments.ts'
import { otherValue } from '../instruments/label-declaration.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'
import type { ResolvedHttpOptions } from './http-metrics-options.ts'

type Method = (typeof methods)[number] | typeof otherValue

const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const
type StatusClass = (typeof statusClasses)[number] | typeof otherValue

const outcomes = ['completed', 'aborted'] as const

/** The route of requests that no route served. */
export const unmatched = 'unmatched'

/** How many different status codes are kept apart; IANA registers fewer. */
const maxCodes = 70

/** The requests of one kind since the last scrape: how many in each bucket, then the sum of their seconds. */
export interface HttpCell {
  readonly method: string | undefined
  readonly status: number
  readonly aborted: boolean
  readonly counts: Float64Array
  readonly duration: Histogram
  readonly requests: Counter
}

/** The cells of one route. */
export interface RouteCells {
  readonly template: string
  readonly byKind: Map<number, HttpCell>
  /** The last one that was counted in: most requests of a route are of one kind. */
  latest: HttpCell | undefined
}

/** Where requests are counted until a scrape: one typed array a kind is all that is written per request. */
export interface HttpCells {
  /** The cells of a route template, for good: of `other` once there are too many. */
  readonly of: (template: string) => RouteCells
  /** The cell of a kind of request. `status` is 0 where no response was sent. */
  readonly find: (route: RouteCells, method: string | undefined, status: number, aborted: boolean) => HttpCell
  readonly count: (cell: HttpCell, seconds: number) => void
  /** Moves what was counted to the metrics. */
  readonly flush: () => void
}

const methodNumbers: ReadonlyMap<string | undefined, number> = new Map(
  methods.map((method, index) => [method, index]),
)

const cellKey = (method: number, status: number, aborted: boolean): number =>
  (method * 1000 + status) * 2 + (aborted ? 1 : 0)

/** Builds the cells, and the metrics they are exported by. */
export function createHttpCells(
  metrics: MetricFactory,
  { buckets, maxRoutes }: Pick<ResolvedHttpOptions, 'buckets' | 'maxRoutes'>,
): HttpCells {
  const route = { max: maxRoutes, known: [unmatched] } as const
  const durations = metrics.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response.',
    labels: { method: methods, route, status: statusClasses, outcome: outcomes },
    buckets,
  })
  const requests = metrics.counter({
    name: 'http_server_requests_total',
    help: 'Requests whose response has ended, by exact status code.',
    labels: { method: methods, route, code: { max: maxCodes }, outcome: outcomes },
  })
  const sumAt = buckets.length + 1
  const all: HttpCell[] = []
  const routes = new Map<string, RouteCells>()

  const of = (template: string): RouteCells => {
    let cells = routes.get(template)
    if (cells !== undefined) return cells
    // An application that adds routes while it runs must not grow this without end either.
    if (routes.size > maxRoutes && template !== otherValue) return of(otherValue)
    routes.set(template, (cells = { template, byKind: new Map(), latest: undefined }))
    return cells
  }

  const create = (template: string, number: number, status: number, aborted: boolean): HttpCell => {
    const method: Method = methods[number] ?? otherValue
    const labels = { method, route: template, outcome: aborted ? 'aborted' : 'completed' } as const
    const statusClass: StatusClass = statusClasses[Math.floor(status / 100)] ?? otherValue
    const cell = {
      method,
      status,
      aborted,
      counts: new Float64Array(buckets.length + 2),
      duration: durations.with({ ...labels, status: statusClass }),
      requests: requests.with({ ...labels, code: status === 0 ? 'none' : String(status) }),
    }
    all.push(cell)
    return cell
  }

  return {
    of,
    find(route, method, status, aborted) {
      const { latest, byKind } = route
      if (latest?.method === method && latest?.status === status && latest.aborted === aborted) return latest
      const number = methodNumbers.get(method) ?? methods.length
      const key = cellKey(number, status, aborted)
      let cell = byKind.get(key)
      if (cell === undefined) byKind.set(key, (cell = create(route.template, number, status, aborted)))
      route.latest = cell
      return cell
    },
    count({ counts }, seconds) {
      const bucket = findBucket(buckets, seconds)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      counts[sumAt] = (counts[sumAt] ?? 0) + seconds
    },
    flush() {
      for (const { counts, duration, requests: counter } of all) {
        const perBucket = counts.subarray(0, sumAt)
        const total = perBucket.reduce((sum, count) => sum + count, 0)
        if (total === 0) continue
        duration.merge(perBucket, counts[sumAt] ?? 0)
        counter.inc(total)
        counts.fill(0)
      }
    },
  }
}
