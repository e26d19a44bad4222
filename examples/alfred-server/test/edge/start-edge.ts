import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestCertificate, freePort, waitFor } from '@alfred/testkit'
import { findNginx } from '../../../../scripts/nginx-program.ts'
import { type EdgeSite, prepareEdgeFolder } from '../../deployment/driver/edge/edge-files.ts'
import { createLocalNginx, nginxArguments } from '../../deployment/driver/edge/local-nginx.ts'
import { createNginxEdge, type NginxControl } from '../../deployment/driver/edge/nginx-edge.ts'
import type { Edge } from '../../deployment/driver/edge/edge.ts'
import { runCommand } from '../../deployment/driver/run-command.ts'
import type { Slot } from '../../deployment/driver/slot.ts'

/** The folder with `nginx.conf`. */
export const deploymentFolder = fileURLToPath(new URL('../../deployment/', import.meta.url))

export interface StartEdgeOptions {
  /** Where the slots listen. */
  readonly slotPorts: readonly [number, number]
  /** The slots that get requests. @default both */
  readonly up?: readonly Slot['name'][] | undefined
  readonly site?: Partial<EdgeSite> | undefined
  /** Changes a file of the edge's folder before nginx starts: its path, and what its text becomes. */
  readonly patch?: Readonly<Record<string, (text: string) => string>> | undefined
  /** The folder to use, such as that of a state; else one of its own. */
  readonly folder?: string | undefined
}

/** A real nginx with the configuration of the example. */
export interface TestEdge extends AsyncDisposable {
  readonly folder: string
  readonly prefix: string
  readonly program: string
  readonly httpsPort: number
  readonly httpPort: number
  readonly statusAddress: string
  /** The certificate that it shows, PEM. */
  readonly certificate: string
  readonly slots: readonly [Slot, Slot]
  readonly edge: Edge
  readonly control: NginxControl
  /** What it wrote so far: access log and errors. */
  log(): Promise<string>
  /** How it ended, when it has. */
  readonly exitCode: () => number | null
  stop(): Promise<void>
}

/** The name that the tests' edge serves. */
export const testName = 'alfred.test'

/** @throws Error when there is no nginx */
export function nginxProgram(): string {
  const program = findNginx()
  if (program !== undefined) return program
  throw new Error('there is no nginx 1.30: node scripts/ensure-services.ts')
}

/** Starts nginx on free ports of 127.0.0.1 and waits until it answers. */
export async function startEdge(options: StartEdgeOptions): Promise<TestEdge> {
  const home = await mkdtemp(join(tmpdir(), 'alfred-edge-'))
  const folder = options.folder ?? join(home, 'edge')
  const prefix = join(home, 'nginx')
  const [httpsPort, httpPort, statusPort] = [await freePort(), await freePort(), await freePort()]
  const statusAddress = `127.0.0.1:${String(statusPort)}`
  const slots = [
    { name: 'a', address: `127.0.0.1:${String(options.slotPorts[0])}` },
    { name: 'b', address: `127.0.0.1:${String(options.slotPorts[1])}` },
  ] as const
  const site: EdgeSite = {
    names: [testName],
    trustedProxies: [],
    listenHttps: [`127.0.0.1:${String(httpsPort)}`],
    listenHttp: [`127.0.0.1:${String(httpPort)}`],
    listenStatus: statusAddress,
    publicHttpsPort: httpsPort,
    root: folder,
    accessLog: 'access.log',
    resolver: undefined,
    ...options.site,
  }
  await mkdir(prefix, { recursive: true })
  await prepareEdgeFolder(folder, deploymentFolder, site, slots)
  const certificate = await writeCertificate(folder)
  for (const { name, address } of slots) {
    const isUp = options.up?.includes(name) ?? true
    await writeFile(
      join(folder, `slots/${name}.conf`),
      `server ${address} max_fails=0${isUp ? '' : ' down'};\n`,
    )
  }
  for (const [file, change] of Object.entries(options.patch ?? {})) {
    await writeFile(join(folder, file), change(await readFile(join(folder, file), 'utf8')))
  }

  const program = nginxProgram()
  const logFile = join(home, 'nginx.log')
  const log = await open(logFile, 'a')
  const [, , , , , directives = ''] = nginxArguments({ folder, prefix })
  const user = process.getuid?.() === 0 ? 'user root; ' : ''
  const args = [...nginxArguments({ folder, prefix }).slice(0, 5), `${user}${directives} daemon off;`]
  const child = spawn(program, args, { cwd: home, stdio: ['ignore', log.fd, log.fd] })
  const exited = once(child, 'exit')
  const control = createLocalNginx({ program, folder, prefix, statusAddress, run: runCommand })
  const readLog = (): Promise<string> => readFile(logFile, 'utf8')

  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await exited
    }
    await log.close().catch(() => undefined)
    await rm(home, { recursive: true, force: true })
  }
  try {
    const signal = AbortSignal.timeout(20_000)
    await waitFor(async () => child.exitCode !== null || (await control.generations(1, signal)).length > 0, {
      timeoutMs: 20_000,
      what: 'the start of nginx',
    })
    if (child.exitCode !== null) throw new Error('nginx has ended')
  } catch (cause) {
    const said = await readLog()
    await stop()
    throw new Error(`nginx did not start:\n${said}`, { cause })
  }
  return {
    folder,
    prefix,
    program,
    httpsPort,
    httpPort,
    statusAddress,
    certificate,
    slots,
    control,
    edge: createNginxEdge({ folder, control, resolvesNames: false }),
    log: readLog,
    exitCode: () => child.exitCode,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function writeCertificate(folder: string): Promise<string> {
  const { key, cert } = await createTestCertificate([testName])
  const first = join(folder, 'certificates/first')
  await mkdir(first, { recursive: true })
  await writeFile(join(first, 'privkey.pem'), key, { mode: 0o600 })
  await writeFile(join(first, 'fullchain.pem'), cert)
  await rm(join(folder, 'certificates/current'), { force: true })
  await symlink('first', join(folder, 'certificates/current'))
  return cert
}

/** Puts an asset of the release before where the edge looks for it. */
export async function addAsset(folder: string, name: string, content: string): Promise<void> {
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(folder, 'assets', name), content)
}
