import { availableParallelism, cpus, loadavg } from 'node:os'

/**
 * What the figures were measured on, in one sentence. The load includes the measurement's own; what is
 * left when it is subtracted are other people's processes.
 */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const cores = availableParallelism()
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `On ${model}, ${String(cores)} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}; load average at the end ${load}.`
}
