import { readFileSync } from 'node:fs'

/** What a process of this Linux machine uses. */
export interface ProcessUsage {
  readonly memoryMb: number
  /** Of its processor time so far. */
  readonly cpuMs: number
}

/** The kernel counts in hundredths of a second: USER_HZ of proc(5). */
const msPerTick = 10

/** Reads proc(5) of a process. */
export function processUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  // The name of the program, which may hold anything, ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [userTicks, systemTicks] = [fields[11], fields[12]].map(Number)
  return {
    memoryMb: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024,
    cpuMs: ((userTicks ?? 0) + (systemTicks ?? 0)) * msPerTick,
  }
}
