import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, waitFor } from '@alfred/testkit'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const telemetry = new URL('../../src/telemetry.ts', import.meta.url).href

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Alfred as `pnpm start` runs it, in a process and a data folder of its own. */
export interface AlfredProcess extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly dataFolder: string
  readonly child: ChildProcess
  /** Everything written to stdout and stderr so far. */
  output(): string
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>
}

/** Settings of a process under test. */
export interface AlfredProcessOptions {
  /** Variables on top of the few that Alfred is given. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly port?: number | undefined
  /** The text of the file `.env` where Alfred is started. @default there is none */
  readonly envFile?: string | undefined
}

/** Starts Alfred. Resolves at once: wait for what the test is about. */
export async function spawnAlfred({
  env = {},
  port,
  envFile,
}: AlfredProcessOptions = {}): Promise<AlfredProcess> {
  const chosenPort = port ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'alfred-e2e-'))
  const dataFolder = join(folder, 'data')
  if (envFile !== undefined) await writeFile(join(folder, '.env'), envFile)
  const child = spawn(process.execPath, ['--conditions=@alfred/source', '--import', telemetry, main], {
    cwd: folder,
    // Nothing of this machine's environment but what a process needs: its keys must not leak into tests.
    env: {
      PATH: process.env['PATH'],
      PORT: String(chosenPort),
      LOG_LEVEL: 'info',
      ALFRED_DATA_DIR: dataFolder,
      // A busy machine must not shed what a test asks for.
      MAX_EVENT_LOOP_DELAY_MS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const exited = once(child, 'close').then((): Exit => ({ code: child.exitCode, signal: child.signalCode }))
  return {
    url: `http://127.0.0.1:${String(chosenPort)}`,
    port: chosenPort,
    dataFolder,
    child,
    output: () => output,
    exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until Alfred's readiness probe answers `status`. */
export async function waitForReadiness(alfred: AlfredProcess, status: 200 | 503): Promise<void> {
  await waitFor(
    async () => {
      if (alfred.child.exitCode !== null) return true
      return (await fetch(`${alfred.url}/readyz`)).status === status
    },
    { timeoutMs: 60_000, intervalMs: 50, what: `readiness ${String(status)}` },
  )
  if (alfred.child.exitCode !== null) throw new Error(`Alfred has ended:\n${alfred.output()}`)
}

/** Starts Alfred and waits until it is ready. */
export async function startAlfred(options?: AlfredProcessOptions): Promise<AlfredProcess> {
  const alfred = await spawnAlfred(options)
  try {
    await waitForReadiness(alfred, 200)
    return alfred
  } catch (error) {
    await alfred[Symbol.asyncDispose]()
    throw new Error(`Alfred did not become ready:\n${alfred.output()}`, { cause: error })
  }
}
