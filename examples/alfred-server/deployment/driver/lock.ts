import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeployError } from './deploy-error.ts'
import { isRecord, readJson, textOf } from './json.ts'

/** Who deploys what, since when. */
export interface LockHolder {
  readonly owner: string
  readonly version: string
  readonly startedAt: string
  readonly pid: number
  /** When the process and the machine were started: a process id is used again. */
  readonly processStart: string
}

/** A lock that is held until it is released. */
export interface Lock {
  release(): Promise<void>
}

/** A take-over that was itself killed is in the way for this long. */
const takeOverMs = 3000
const pollMs = 250

/**
 * Takes the lock of a state folder. One whose process is gone is taken over at once.
 *
 * @param waitMs - how long to wait for a living holder
 * @throws DeployError `locked` that names the holder, its version and the lock's age
 */
export async function acquireLock(folder: string, version: string, waitMs: number): Promise<Lock> {
  const file = join(folder, 'lock.json')
  const deadline = performance.now() + waitMs
  const content = JSON.stringify(ownHolder(version))
  for (;;) {
    if (await createWhole(file, content)) return { release: () => releaseOwn(file, content) }
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === undefined) continue
    const holder = parseHolder(found)
    if (holder === undefined || !isAlive(holder)) {
      await removeDead(folder, file, found)
      continue
    }
    if (performance.now() >= deadline) throw new DeployError('locked', describeHolder(holder, Date.now()))
    await sleep(pollMs)
  }
}

/** @returns who holds the lock of a state folder */
export async function lockHolder(folder: string): Promise<LockHolder | undefined> {
  const found = await readFile(join(folder, 'lock.json'), 'utf8').catch(() => '')
  const holder = parseHolder(found)
  return holder && isAlive(holder) ? holder : undefined
}

export function describeHolder({ owner, version, startedAt, pid }: LockHolder, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(startedAt)) / 1000))
  return `${owner} deploys ${version} since ${String(seconds)} s (process ${String(pid)}). Wait with --lock-wait SECONDS.`
}

function ownHolder(version: string): LockHolder {
  return {
    owner: `${userInfo().username}@${hostname()}`,
    version,
    startedAt: new Date().toISOString(),
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
  }
}

/** A link appears with its content or not at all, so that nobody reads half of a lock. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${String(process.pid)}`
  await writeFile(draft, content)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function releaseOwn(file: string, content: string): Promise<void> {
  const found = await readFile(file, 'utf8').catch(() => undefined)
  if (found === content) await rm(file, { force: true })
}

/** Removes a dead lock unless somebody else did so meanwhile: one run at a time may try. */
async function removeDead(folder: string, file: string, dead: string): Promise<void> {
  const guard = join(folder, 'lock-take-over.json')
  if (!(await createWhole(guard, String(process.pid)))) {
    const age = await stat(guard).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    // Renamed first: of two that find it too old only one succeeds.
    if (age > takeOverMs) {
      const aside = `${guard}.${String(process.pid)}`
      await rename(guard, aside).catch(() => undefined)
      await rm(aside, { force: true })
    } else await sleep(pollMs)
    return
  }
  try {
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === dead) await rm(file, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

function parseHolder(text: string): LockHolder | undefined {
  const value = readJson(text)
  if (!isRecord(value)) return undefined
  const { pid } = value
  const owner = textOf(value, 'owner')
  const version = textOf(value, 'version')
  const startedAt = textOf(value, 'startedAt')
  const start = textOf(value, 'processStart')
  if (typeof pid !== 'number' || !owner || !version || !startedAt || start === undefined) return undefined
  return { owner, version, startedAt, pid, processStart: start }
}

function isAlive({ pid, processStart: start }: LockHolder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process may not be signalled, and lives.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const now = processStart(pid)
  return now === undefined || now === start
}

/** Field 22 of /proc/PID/stat, and the boot; `undefined` on a system without it. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie is over, unless threads of it still hold its files and sockets (field 20 counts them and itself).
    const isOver = fields[0] === 'Z' && Number(fields[17]) <= 1
    return isOver ? '' : `${boot} ${fields[19] ?? ''}`
  } catch {
    return undefined
  }
}
