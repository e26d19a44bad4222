import type { Clock } from '@alfred/core'

/** The processor time of this thread: other processes cannot lengthen it as they do the time that passes. */
export const threadClock: Pick<Clock, 'monotonicMs'> = {
  monotonicMs() {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1000
  },
}
