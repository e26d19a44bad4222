/** A real server that a test started, and what can be done to it. */
export interface Service extends AsyncDisposable {
  /** Where to connect to. */
  readonly url: string
  readonly port: number
  /** The server's process; `undefined` while it is down, and for a server that the tests do not own. */
  readonly pid: number | undefined
  /** Ends it at once with SIGKILL, children included, as a crash would. Resolves when it is gone. */
  kill(): Promise<void>
  /** Freezes it with SIGSTOP, children included: connections stay open and nothing answers. */
  pause(): void
  /** Lets a paused server go on. */
  resume(): void
  /** Ends it if it runs, starts it on the same port and waits until it answers. */
  restart(): Promise<void>
  /** Ends it for good and removes its files. A second call does nothing. */
  stop(): Promise<void>
}

/**
 * A server that runs already and is not ours to break: the fault methods throw.
 *
 * @param variable - the environment variable that named it
 * @param instead - what to do to get a server of one's own
 */
export function externalService(
  url: string,
  { variable, instead, stop }: { variable: string; instead: string; stop: () => Promise<void> },
): Service {
  const refuse = (): never => {
    throw new Error(`the server of ${variable} is not ours to kill, pause or restart: ${instead}`)
  }
  const refuseLater = (): Promise<void> => Promise.resolve().then(refuse)
  let stopping: Promise<void> | undefined
  const stopOnce = (): Promise<void> => (stopping ??= stop())
  return {
    url,
    port: Number(new URL(url).port),
    pid: undefined,
    kill: refuseLater,
    pause: refuse,
    resume: refuse,
    restart: refuseLater,
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  }
}
