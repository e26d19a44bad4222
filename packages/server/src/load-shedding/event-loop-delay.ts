import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late the event loop runs its callbacks. */
export interface EventLoopDelay {
  /** The mean delay since the last call, in milliseconds. */
  takeMeanMs(): number
  /** Ends the measurement. */
  close(): void
}

const resolutionMs = 10
const nsPerMs = 1_000_000

/**
 * Starts measuring. The histogram holds the times between ticks of a timer, so its own interval is taken off.
 *
 * It is read as it grows and never reset: a reset makes it skip the next tick, which is the only one there is
 * when the loop is slower than the reader.
 */
export function createEventLoopDelay(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  histogram.enable()
  let countBefore = 0
  let sumBefore = 0
  let lastMeanMs = 0
  return {
    takeMeanMs() {
      const { count } = histogram
      const ticks = count - countBefore
      if (ticks === 0) return lastMeanMs
      const sum = count * histogram.mean
      lastMeanMs = Math.max(0, (sum - sumBefore) / ticks / nsPerMs - resolutionMs)
      countBefore = count
      sumBefore = sum
      return lastMeanMs
    },
    close() {
      histogram.disable()
    },
  }
}
