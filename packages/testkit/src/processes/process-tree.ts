import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly state: string
}

/** What runs on this machine: /proc on Linux (slim images have no ps), ps elsewhere. */
function listProcesses(): ProcessEntry[] {
  if (process.platform === 'linux') {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    return pids.flatMap((pid) => readProcEntry(Number(pid)) ?? [])
  }
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/)
    return pid && parent && state ? [{ pid: Number(pid), parent: Number(parent), state }] : []
  })
}

function readProcEntry(pid: number): ProcessEntry | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // "pid (name) state ppid …": a name may hold spaces and brackets, so read from the last bracket on.
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { pid, parent: Number(parent), state }
}

/** The direct children of process `pid`. */
export function childrenOf(pid: number): number[] {
  return listProcesses().flatMap((entry) => (entry.parent === pid ? [entry.pid] : []))
}

/** Whether any of `pids` still runs. A zombie does not: it only waits for its parent to notice. */
export function anyRunning(pids: readonly number[]): boolean {
  if (pids.length === 0) return false
  const wanted = new Set(pids)
  return listProcesses().some(({ pid, state }) => wanted.has(pid) && !state.startsWith('Z'))
}
