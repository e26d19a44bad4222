/**
 * The processor time of `run`, in ms: of this thread, and the least of three runs. The time that passes grows with what
 * else the machine does, the process's with collections of the rubbish that other tests left.
 */
export function minCpuMs(run: () => unknown): number {
  const once = (): number => {
    const startedAt = process.threadCpuUsage()
    run()
    const { user, system } = process.threadCpuUsage(startedAt)
    return (user + system) / 1000
  }
  return Math.min(once(), once(), once())
}
