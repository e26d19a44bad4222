import { createHash } from 'node:crypto'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { until } from '../deadline.ts'
import { isRecord, readJson } from '../json.ts'
import { processStart } from '../lock.ts'
import { isDigest, isVersion, type Release } from '../release.ts'
import type { RunCommand } from '../run-command.ts'
import type { Slot } from '../slot.ts'
import type { Backend, Running } from './backend.ts'
import { askSlot } from './slot-answer.ts'

export interface ProcessBackendOptions {
  /** Where the slots' logs and process ids are kept. */
  readonly folder: string
  /** One folder a release, named for its version, with a `release.json`. */
  readonly releases: string
  readonly slots: readonly Slot[]
  /** What every release gets besides `PORT` and `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly environment: NodeJS.ProcessEnv
  readonly metricsToken: () => Promise<string | undefined>
  /** After SIGTERM comes SIGKILL. Longer than the app's own drain. */
  readonly stopMs: number
  readonly run: RunCommand
}

/** What `release.json` says. */
interface Manifest {
  /** Program and arguments, run in the release's folder. */
  readonly start: readonly string[]
  /** Brings the schema to this release. */
  readonly migrate: readonly string[] | undefined
}

/** Who runs in a slot, as the slot's file says. */
interface SlotProcess {
  readonly pid: number
  readonly processStart: string
  readonly digest: string
}

/** The app as two processes of this machine, for a machine without containers. They outlive the driver. */
export function createProcessBackend(options: ProcessBackendOptions): Backend {
  const { releases, slots, metricsToken, stopMs, run } = options
  const slotFile = ({ name }: Slot): string => join(options.folder, `slot-${name}.process`)
  const releaseFolder = ({ version }: Release): string => join(releases, version)
  const environmentOf = (release: Release): NodeJS.ProcessEnv => ({
    ...options.environment,
    OTEL_RESOURCE_ATTRIBUTES: `service.version=${release.version}`,
  })

  async function list(): Promise<readonly Release[]> {
    const versions = (await readdir(releases).catch(() => [])).filter(isVersion)
    const found = await Promise.all(versions.map((version) => readRelease(releases, version)))
    return found.filter((release) => release !== undefined)
  }

  const isSame =
    ({ digest }: Release): ((release: Release | undefined) => boolean) =>
    (release) =>
      release?.digest === digest

  async function stop(slot: Slot, signal: AbortSignal): Promise<void> {
    const found = await readSlot(slotFile(slot))
    if (found === undefined) return
    process.kill(found.pid, 'SIGTERM')
    const killAt = performance.now() + stopMs
    await until(
      () => {
        if (!isRunning(found)) return Promise.resolve(true)
        if (performance.now() > killAt) process.kill(found.pid, 'SIGKILL')
        return Promise.resolve(false)
      },
      signal,
      25,
    )
  }

  return {
    slots,
    list,

    async fetch(reference) {
      const release = isDigest(reference)
        ? (await list()).find(isSame({ version: '', digest: reference }))
        : await readRelease(releases, reference)
      if (release === undefined) throw new Error(`there is no release ${reference} in ${releases}`)
      return release
    },

    isPresent: async (release) => isSame(release)(await readRelease(releases, release.version)),

    async running(slot): Promise<Running | undefined> {
      const found = await readSlot(slotFile(slot))
      return found && { digest: found.digest, instance: `${String(found.pid)} ${found.processStart}` }
    },

    async replace(slot, release, signal) {
      await stop(slot, signal)
      const { start } = await readManifest(releaseFolder(release))
      const port = slot.address.slice(slot.address.lastIndexOf(':') + 1)
      await mkdir(options.folder, { recursive: true })
      const log = await open(join(options.folder, `slot-${slot.name}.log`), 'a')
      try {
        const child = spawn('/bin/sh', ['-c', startScript, slotFile(slot), release.digest, ...start], {
          cwd: releaseFolder(release),
          env: { ...environmentOf(release), PORT: port },
          stdio: ['ignore', log.fd, log.fd],
          detached: true,
        })
        await once(child, 'spawn')
        child.unref()
        await until(async () => (await readSlot(slotFile(slot))) !== undefined || hasEnded(child), signal, 10)
      } finally {
        await log.close()
      }
    },

    async ask(slot, signal) {
      const token = await metricsToken()
      return askSlot((path) => askPath(slot.address, path, token, signal))
    },

    async migrate(release, signal) {
      const { migrate } = await readManifest(releaseFolder(release))
      if (migrate === undefined) return
      await run(migrate, { cwd: releaseFolder(release), env: environmentOf(release), signal })
    },

    async exportAssets(release, folder) {
      const source = join(releaseFolder(release), 'public/assets')
      const isThere = await stat(source).catch(() => undefined)
      if (isThere?.isDirectory()) await cp(source, folder, { recursive: true })
    },

    async remove(release) {
      await rm(releaseFolder(release), { recursive: true, force: true })
    },
  }
}

/** A release's digest is that of its manifest, which a build makes unique. */
async function readRelease(releases: string, version: string): Promise<Release | undefined> {
  if (!isVersion(version)) return undefined
  const manifest = await readFile(join(releases, version, 'release.json')).catch(() => undefined)
  if (manifest === undefined) return undefined
  return { version, digest: `sha256:${createHash('sha256').update(manifest).digest('hex')}` }
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, 'release.json')
  const value = readJson(await readFile(file, 'utf8'))
  const words = (name: string): readonly string[] | undefined => {
    const list: unknown = isRecord(value) ? value[name] : undefined
    return Array.isArray(list) && list.length > 0 && list.every((word) => typeof word === 'string')
      ? list
      : undefined
  }
  const start = words('start')
  if (start === undefined) throw new Error(`${file} must name a program: "start": ["node", "main.js"]`)
  return { start, migrate: words('migrate') }
}

/**
 * Says who runs in the slot, then becomes the program: whoever is killed at any moment, a process that runs is known.
 * The start of a process is field 22 of its stat, as `processStart` reads it.
 */
const startScript = `
digest=$1
shift
start=$(cut -d ' ' -f 22 "/proc/$$/stat")
printf '%s\\n' "$$" "$(cat /proc/sys/kernel/random/boot_id) $start" "$digest" > "$0.draft" && mv "$0.draft" "$0"
exec "$@"
`

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

async function readSlot(file: string): Promise<SlotProcess | undefined> {
  const [pid = '', start = '', digest = ''] = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const found = { pid: Number(pid), processStart: start, digest }
  return found.pid > 0 && isRunning(found) ? found : undefined
}

const isRunning = ({ pid, processStart: start }: SlotProcess): boolean => processStart(pid) === start

function askPath(
  address: string,
  path: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    const request = get(`http://${address}${path}`, { agent: false, headers, signal }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body })
      })
      response.once('error', reject)
    })
    request.setTimeout(2000, () => request.destroy(new Error('no answer within 2 s')))
    request.once('error', reject)
  })
}
