import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../network/free-port.ts'
import { guardProcess } from '../processes/process-guard.ts'
import { anyRunning, childrenOf } from '../processes/process-tree.ts'
import type { Service } from './service.ts'
import { waitFor } from '../time/wait-for.ts'

/** How to run one kind of server. */
export interface OwnServiceOptions {
  /** What it is called in errors. */
  readonly name: string
  /** Its own folder, removed when it is stopped. */
  readonly directory: string
  /** A fixed port; else a free one is found. */
  readonly port: number | undefined
  readonly command: (port: number) => readonly [file: string, ...args: string[]]
  /** The user to run as; else ours. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
  /** Ends it without leaving anything behind. */
  readonly stopSignal: NodeJS.Signals
  readonly url: (port: number) => string
  /** Whether it answers; may throw while it does not. */
  readonly answers: (port: number) => Promise<boolean>
}

const startTimeoutMs = 20_000
const stopTimeoutMs = 10_000

/** One run of the server's process. */
interface Run {
  readonly pid: number
  readonly exited: Promise<void>
  readonly child: ChildProcess
}

/** Starts a server of our own and waits until it answers; if that fails its folder is removed. */
export async function startOwnService(options: OwnServiceOptions): Promise<Service> {
  const { name, directory, stopSignal } = options
  const logFile = join(directory, 'server.log')
  let run: Run | undefined

  const launch = async (port: number): Promise<void> => {
    const started = await spawnServer(options, port, logFile)
    run = started
    const guard = guardProcess(started.pid, stopSignal, directory)
    void started.exited.then(() => {
      guard.dismiss()
      if (run === started) run = undefined
    })
    try {
      await waitFor(async () => run !== started || (await options.answers(port)), {
        timeoutMs: startTimeoutMs,
        what: `the start of ${name}`,
      })
    } catch (error) {
      await end('SIGKILL')
      throw error
    }
    if (run !== started) throw new Error(`${name} ended while starting:\n${tail(logFile)}`)
    started.child.unref()
  }

  const signal = (pids: readonly number[], what: NodeJS.Signals): void => {
    for (const pid of pids) {
      try {
        process.kill(pid, what)
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  const pause = (): void => {
    if (!run) return
    // The parent first: stopped, it starts no more children.
    signal([run.pid], 'SIGSTOP')
    signal(childrenOf(run.pid), 'SIGSTOP')
  }

  const resume = (): void => {
    if (run) signal([...childrenOf(run.pid), run.pid], 'SIGCONT')
  }

  const end = async (how: NodeJS.Signals): Promise<void> => {
    const ending = run
    if (!ending) return
    ending.child.ref()
    if (how === 'SIGKILL') {
      pause()
      const children = childrenOf(ending.pid)
      signal([...children, ending.pid], 'SIGKILL')
      await ending.exited
      await waitFor(() => !anyRunning(children), { what: `the end of the children of ${name}` })
      return
    }
    resume()
    signal([ending.pid], how)
    const deadline = setTimeout(() => void end('SIGKILL'), stopTimeoutMs)
    await ending.exited
    clearTimeout(deadline)
  }

  const port = options.port ?? (await freePort())
  try {
    await launch(port)
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }

  let stopped = false
  const stop = async (): Promise<void> => {
    stopped = true
    await end(stopSignal)
    await rm(directory, { recursive: true, force: true })
  }

  return {
    url: options.url(port),
    port,
    get pid() {
      return run?.pid
    },
    kill: () => end('SIGKILL'),
    pause,
    resume,
    async restart() {
      if (stopped) throw new Error(`${name} was stopped for good`)
      await end(stopSignal)
      await launch(port)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function spawnServer(
  { name, command, user, directory }: OwnServiceOptions,
  port: number,
  logFile: string,
): Promise<Run> {
  const [file, ...args] = command(port)
  const log = openSync(logFile, 'a')
  try {
    // Detached: a Ctrl-C meant for us ends it through the guard, not at its own moment.
    const child = spawn(file, args, { cwd: directory, stdio: ['ignore', log, log], detached: true, ...user })
    const exited = once(child, 'exit').then(() => undefined)
    exited.catch(() => undefined)
    await once(child, 'spawn')
    const { pid } = child
    if (pid === undefined) throw new Error('it has no process id')
    return { pid, exited, child }
  } catch (error) {
    throw new Error(`${name} cannot be started`, { cause: error })
  } finally {
    closeSync(log)
  }
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n')
}
