import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@alfred/testkit'
import { build } from 'esbuild'
import { parseState, type State } from '../../deployment/driver/state.ts'
import { startEdge, type TestEdge, testName } from '../edge/start-edge.ts'

const driver = fileURLToPath(new URL('../../deployment/driver/main.ts', import.meta.url))
const releaseApp = fileURLToPath(new URL('release-app.ts', import.meta.url))

/** Where the driver and the releases find themselves compiled: most of a start would be reading the sources. */
const compileCache = fileURLToPath(new URL('../../../../.cache/compiled', import.meta.url))

let bundledApp: Promise<string> | undefined

/** @returns the app in one file, made once for all machines of this process */
function releaseAppFile(): Promise<string> {
  bundledApp ??= mkdtemp(join(tmpdir(), 'alfred-release-app-')).then(async (folder) => {
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true })
    })
    await bundleApp(folder)
    return join(folder, 'release-app.mjs')
  })
  return bundledApp
}

async function bundleApp(outdir: string): Promise<void> {
  await build({
    entryPoints: [releaseApp],
    outdir,
    outExtension: { '.js': '.mjs' },
    // What is loaded only when it is asked for stays apart.
    splitting: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    conditions: ['@alfred/source'],
    logLevel: 'error',
    external: ['dompurify', 'jsdom', 'pg-native'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url)",
    },
  })
}

/** How a run of the driver ended. */
export interface DriverRun {
  readonly code: number | null
  readonly output: string
}

/** A machine to deploy to: an nginx, two slots for processes, and a state. */
export interface Machine extends AsyncDisposable {
  readonly edge: TestEdge
  readonly stateFolder: string
  readonly settingsFile: string
  /** Makes a release of the test's app. @param fault - what is wrong with it */
  addRelease(
    version: string,
    options?: { readonly fault?: string; readonly migrate?: readonly string[] },
  ): Promise<void>
  /** Writes a hook. */
  addHook(name: string, script: string): Promise<void>
  /** Runs the driver to its end. */
  drive(...args: readonly string[]): Promise<DriverRun>
  /** Runs it in the order that breaks requests: the app ends first, then the edge is told. */
  driveUnsafely(...args: readonly string[]): Promise<DriverRun>
  /** Starts the driver. `onLine` sees each line of its progress. */
  startDriver(args: readonly string[], onLine: (line: string) => void): ChildProcess
  state(): Promise<State>
  removeRelease(version: string): Promise<void>
  /** Settings for the runs from here on. */
  changeSettings(changes: Readonly<Record<string, string>>): Promise<void>
}

export interface StartMachineOptions {
  /** Settings beyond those of every test machine. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

export async function startMachine({ settings = {} }: StartMachineOptions = {}): Promise<Machine> {
  const home = await mkdtemp(join(tmpdir(), 'alfred-machine-'))
  const stateFolder = join(home, 'state')
  const releases = join(home, 'releases')
  const hooks = join(home, 'hooks')
  for (const folder of [stateFolder, releases, hooks]) await mkdir(folder)
  const app = await releaseAppFile()
  const slotPorts = [await freePort(), await freePort()] as const
  const edge = await startEdge({
    slotPorts,
    up: [],
    folder: join(stateFolder, 'edge'),
    site: { trustedProxies: ['127.0.0.1'] },
  })
  const settingsFile = join(home, 'test.env')
  let values: Readonly<Record<string, string>> = {
    ALFRED_BACKEND: 'process',
    ALFRED_STATE: stateFolder,
    ALFRED_RELEASES: releases,
    ALFRED_HOOKS: hooks,
    ALFRED_PUBLIC_NAMES: testName,
    ALFRED_TRUSTED_PROXIES: '127.0.0.1',
    ALFRED_LISTEN: '127.0.0.1',
    ALFRED_HTTPS_PORT: String(edge.httpsPort),
    ALFRED_HTTP_PORT: String(edge.httpPort),
    ALFRED_STATUS_PORT: edge.statusAddress.slice(edge.statusAddress.lastIndexOf(':') + 1),
    ALFRED_SLOT_A_PORT: String(slotPorts[0]),
    ALFRED_SLOT_B_PORT: String(slotPorts[1]),
    ALFRED_NGINX: edge.program,
    ALFRED_NGINX_PREFIX: edge.prefix,
    ALFRED_SETTLE_SECONDS: '0',
    ALFRED_DRAIN_SECONDS: '20',
    ALFRED_READY_SECONDS: '20',
    ...settings,
  }
  const writeSettings = (): Promise<void> =>
    writeFile(
      settingsFile,
      Object.entries(values)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
  await writeSettings()
  const children = new Set<ChildProcess>()

  const startDriver = (
    args: readonly string[],
    onLine: (line: string) => void,
    env: NodeJS.ProcessEnv = process.env,
  ): ChildProcess => {
    const child = spawn(process.execPath, [driver, ...args, '--settings', settingsFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, NODE_COMPILE_CACHE: compileCache },
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    for (const stream of [child.stdout, child.stderr]) {
      let rest = ''
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        lines.forEach(onLine)
      })
    }
    return child
  }

  const drive = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<DriverRun> => {
    const lines: string[] = []
    const child = startDriver(args, (line) => lines.push(line), env)
    await once(child, 'close')
    return { code: child.exitCode, output: lines.join('\n') }
  }

  return {
    edge,
    stateFolder,
    settingsFile,
    startDriver,
    async addRelease(version, { fault = 'none', migrate } = {}) {
      const folder = join(releases, version)
      await mkdir(folder, { recursive: true })
      const start = [process.execPath, app, version, fault]
      await writeFile(join(folder, 'release.json'), JSON.stringify({ version, start, migrate }))
    },
    async addHook(name, script) {
      await writeFile(join(hooks, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    },
    drive: (...args) => drive(args, process.env),
    driveUnsafely: (...args) => drive(args, { ...process.env, ALFRED_UNSAFE_STOP_FIRST: 'yes' }),
    async state() {
      const file = join(stateFolder, 'state.json')
      return parseState(await readFile(file, 'utf8'), file)
    },
    async changeSettings(changes) {
      values = { ...values, ...changes }
      await writeSettings()
    },
    removeRelease: (version) => rm(join(releases, version), { recursive: true }),
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL')
      for (const slot of ['a', 'b']) await endSlot(join(stateFolder, 'slots', `slot-${slot}.process`))
      await edge.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** Ends what a test left in a slot: the driver's processes outlive it on purpose. */
async function endSlot(file: string): Promise<void> {
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
  if (!(pid > 0)) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
