import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { methods } from './http-methods.ts'
import { otherValue } from '../instruments/label-declaration.ts'
import type { MetricFactory } from '../instruments/metric-catalog.ts'
import type { ResolvedHttpOptions } from './http-metrics-options.ts'
import { unmatched } from './http-cells.ts'

/** The sizes of requests and responses. */
export interface HttpSizes {
  /** @returns how much the connection has sent before this response */
  readonly begin: (request: IncomingMessage) => number
  readonly count: (request: IncomingMessage, template: string, bytesBefore: number) => void
}

/** From what fits a packet to what no JSON should reach. */
const sizeBuckets = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216]

type Method = (typeof methods)[number] | typeof otherValue

const knownMethods = new Set<string | undefined>(methods)
const isMethod = (method: string | undefined): method is Method => knownMethods.has(method)

/**
 * Builds the histograms `http_server_request_body_size_bytes`, of requests that declare a length or have no
 * body, and `http_server_response_size_bytes`, of all that is sent for a response, its head included.
 *
 * Responses of HTTP/1 follow each other on a connection, so that their sizes are the differences of what it
 * has sent. Streams of HTTP/2 share one; their responses are not measured.
 */
export function createHttpSizes(
  metrics: MetricFactory,
  { maxRoutes }: Pick<ResolvedHttpOptions, 'maxRoutes'>,
): HttpSizes {
  const labels = { method: methods, route: { max: maxRoutes, known: [unmatched] } } as const
  const requestSizes = metrics.histogram({
    name: 'http_server_request_body_size_bytes',
    help: 'Declared sizes of request bodies.',
    labels,
    buckets: sizeBuckets,
  })
  const responseSizes = metrics.histogram({
    name: 'http_server_response_size_bytes',
    help: 'Bytes sent for a response, its head included; HTTP/1 alone.',
    labels,
    buckets: sizeBuckets,
  })
  /** What a connection had sent when its last response ended: the next may have been read before that. */
  const sentBefore = new WeakMap<Socket, number>()

  return {
    begin: ({ httpVersionMajor, socket }) => (httpVersionMajor === 1 ? socket.bytesWritten : 0),
    count({ headers, httpVersionMajor, method, socket }, template, bytesBefore) {
      const values = { method: isMethod(method) ? method : otherValue, route: template }
      if (headers['transfer-encoding'] === undefined) {
        requestSizes.with(values).observe(Number(headers['content-length'] ?? 0))
      }
      if (httpVersionMajor !== 1) return
      const sent = socket.bytesWritten
      responseSizes.with(values).observe(sent - Math.max(bytesBefore, sentBefore.get(socket) ?? 0))
      sentBefore.set(socket, sent)
    },
  }
}
