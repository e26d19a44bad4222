import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

/**
 * Waits for its standard input to end. A line means "not needed any more"; an end without one means
 * that the process which started it is gone, however it died: then the server is ended and its folder
 * removed. A stopped server is continued, so that it can follow the signal.
 */
const script = `
read -r _ && exit 0
kill -s "$1" "$2"; kill -s CONT "$2"
n=0
while kill -s 0 "$2" && [ "$n" -lt 80 ]; do sleep 0.1; n=$((n+1)); done
kill -s KILL "$2"
rm -rf "$3"
`

/** Keeps a server from outliving the process that started it. */
export interface ProcessGuard {
  /** Ends the guard: the server is gone, or will be ended by us. */
  dismiss(): void
}

/**
 * Starts a guard over process `pid`. An exit hook would not do: a killed process runs none.
 *
 * @param signal - what ends the server; SIGKILL follows after 8 s
 * @param directory - removed after the server
 */
export function guardProcess(pid: number, signal: NodeJS.Signals, directory: string): ProcessGuard {
  const guard = spawn(
    '/bin/sh',
    ['-c', script, 'guard', signal.slice('SIG'.length), String(pid), directory],
    // Detached: a Ctrl-C meant for us must not end the guard first.
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' },
  )
  guard.unref()
  const input = guard.stdin
  input.on('error', () => undefined)
  if (input instanceof Socket) input.unref()
  return {
    dismiss() {
      input.end('done\n')
    },
  }
}
