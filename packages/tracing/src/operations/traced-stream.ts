import { type Context, context, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Clock, Timer } from '@alfred/core'
import { attribute } from '../conventions/semantic-conventions.ts'
import { markFailed, type RecordException } from './span-failure.ts'

/** Begins a stream; its requests are made inside the span's context. */
export type OpenStream<T> = (span: Span) => AsyncIterable<T> | PromiseLike<AsyncIterable<T>>

type Outcome = 'completed' | 'failed' | 'returned' | 'aborted' | 'idle'

/** What a traced stream is made of. */
export interface TracedStreamParts<T> {
  readonly open: OpenStream<T>
  /** Called with the first pull: a stream nobody reads has no span that could stay open. */
  readonly startSpan: () => { readonly span: Span; readonly spanContext: Context }
  readonly signal: AbortSignal | undefined
  readonly idleTimeoutMs: number | undefined
  readonly clock: Clock
  /** Under which name the time to the first chunk is recorded, in seconds. */
  readonly firstChunkAttribute: string
  readonly recordException: RecordException | undefined
}

/** The span of one reading, which ends once however many ways the stream ends. */
interface Reading {
  readonly span: Span
  readonly within: <R>(work: () => R) => R
  readonly countChunk: () => void
  readonly end: (outcome: Outcome) => void
  readonly fail: (error: unknown) => void
}

function createReading({
  startSpan,
  signal,
  idleTimeoutMs,
  clock,
  firstChunkAttribute,
  recordException,
}: Omit<TracedStreamParts<unknown>, 'open'>): Reading {
  const { span, spanContext } = startSpan()
  const startMs = clock.monotonicMs()
  let chunks = 0
  let lastChunkMs = startMs
  let maxGapMs = 0
  let ended = false
  let idleTimer: Timer | undefined

  const end = (outcome: Outcome): void => {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', abort)
    idleTimer?.cancel()
    span.setAttribute(attribute.streamChunks, chunks)
    if (chunks > 1) span.setAttribute(attribute.streamLongestGap, maxGapMs / 1000)
    span.setAttribute(attribute.streamOutcome, outcome)
    span.end()
  }
  const abort = (): void => {
    end('aborted')
  }
  const waitForChunk = (): void => {
    if (idleTimeoutMs === undefined) return
    idleTimer?.cancel()
    idleTimer = clock.setTimeout(() => {
      span.setAttribute(attribute.errorType, 'timeout')
      span.setStatus({ code: SpanStatusCode.ERROR })
      end('idle')
    }, idleTimeoutMs)
  }
  waitForChunk()
  if (signal?.aborted) abort()
  else signal?.addEventListener('abort', abort)

  return {
    span,
    within: (work) => context.with(spanContext, work),
    countChunk() {
      if (ended) return
      const nowMs = clock.monotonicMs()
      if (chunks === 0) span.setAttribute(firstChunkAttribute, (nowMs - startMs) / 1000)
      else maxGapMs = Math.max(maxGapMs, nowMs - lastChunkMs)
      lastChunkMs = nowMs
      chunks += 1
      waitForChunk()
    },
    end,
    fail(error) {
      if (ended) return
      try {
        markFailed(span, error, recordException)
      } finally {
        end('failed')
      }
    },
  }
}

/**
 * Wraps a stream so that its span ends when the stream is done or throws, when its reader leaves, when
 * `signal` aborts, and after `idleTimeoutMs` without a chunk, the last two also while a pull is pending. What the reader sees is the stream itself.
 */
export function tracedStream<T>(parts: TracedStreamParts<T>): AsyncIterableIterator<T, undefined, undefined> {
  let reading: Reading | undefined
  let opening: Promise<AsyncIterator<T>> | undefined
  let closed = false

  const open = async (current: Reading): Promise<AsyncIterator<T>> => {
    try {
      const source = await current.within(() => parts.open(current.span))
      return source[Symbol.asyncIterator]()
    } catch (error) {
      current.fail(error)
      throw error
    }
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (closed) return { done: true, value: undefined }
      const current = (reading ??= createReading(parts))
      const iterator = await (opening ??= open(current))
      try {
        const result = await current.within(() => iterator.next())
        if (result.done === true) {
          current.end('completed')
          return { done: true, value: undefined }
        }
        current.countChunk()
        return result
      } catch (error) {
        current.fail(error)
        throw error
      }
    },
    async return() {
      closed = true
      reading?.end('returned')
      // Whoever pulled was told of a stream that could not be opened.
      const iterator = await opening?.catch(() => undefined)
      await reading?.within(() => iterator?.return?.())
      return { done: true, value: undefined }
    },
  }
}
