import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createFileVaultStore } from '@alfred/key-vault'
import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
import { forkProcess } from '@alfred/testkit'
import type { StoreWriterOrder } from './store-writer.ts'

/** What came of it. */
export interface TortureFigures {
  processes: number
  kills: number
  stops: number
  acknowledged: number
  /** Acknowledged and not there afterwards. */
  lost: number
  /** Acknowledged to two processes. */
  twice: number
  /** There, and acknowledged to nobody: only a process that was killed leaves such. */
  unacknowledged: number
}

/** How to torture. */
export interface TorturePlan {
  readonly processes: number
  /** How long processes write that nobody disturbs, in milliseconds. @default 0 */
  readonly forMs?: number
  /** How many writers are killed, each in the middle of its work, and replaced. @default 0 */
  readonly kills?: number
  /** How often a writer is stopped and continued. @default 0 */
  readonly stops?: number
  /** How long it is stopped, in milliseconds. @default 250 */
  readonly stoppedMs?: number
}

const sharedKey = 'key000000001'
const writer = new URL('store-writer.ts', import.meta.url)

async function readAcknowledged(files: readonly string[]): Promise<ReadonlyMap<string, number[]>> {
  const found = new Map<string, number[]>([
    ['document', []],
    ['trail', []],
    ['key', []],
  ])
  for (const file of files) {
    for (const line of (await readFile(file, 'utf8')).split('\n').slice(0, -1)) {
      const [what = '', number] = line.split(' ')
      found.get(what)?.push(Number(number))
    }
  }
  return found
}

/** Lets processes write to one set of files, kills or stops some, and compares what they were told with what is there. */
export async function tortureFileStores({
  processes,
  forMs = 0,
  kills = 0,
  stops = 0,
  stoppedMs = 250,
}: TorturePlan): Promise<TortureFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'torture-'))
  const paths = { vault: join(folder, 'keys.vault'), clientKeys: join(folder, 'client-keys') }
  const files: string[] = []
  const isDisturbed = kills + stops > 0

  const start = async (): Promise<ChildProcess> => {
    const acknowledged = join(folder, `acknowledged-${String(files.length)}`)
    files.push(acknowledged)
    const order: StoreWriterOrder = {
      ...paths,
      acknowledged,
      key: sharedKey,
      forMs: isDisturbed ? undefined : forMs,
    }
    const child = forkProcess(writer, order)
    await once(child, 'message')
    return child
  }
  const end = async (child: ChildProcess, signal?: NodeJS.Signals): Promise<void> => {
    const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    if (signal) child.kill(signal)
    await exited
    if (!signal && child.exitCode !== 0) throw new Error(`a writer ended with ${String(child.exitCode)}`)
  }

  try {
    const children = await Promise.all(Array.from({ length: processes }, start))
    for (let done = 0; done < kills + stops; done++) {
      const index = done % processes
      const child = children[index]
      if (!child) continue
      // At random: a transaction takes milliseconds, and each part of it is to be hit.
      await delay(10 + Math.random() * 60)
      if (done < kills) {
        await end(child, 'SIGKILL')
        children[index] = await start()
      } else {
        child.kill('SIGSTOP')
        await delay(stoppedMs)
        child.kill('SIGCONT')
      }
    }
    for (const child of children) await end(child, isDisturbed ? 'SIGKILL' : undefined)

    const store = createFileVaultStore({ path: paths.vault })
    const reached = new Map([
      ['document', (await store.read()).revision],
      ['trail', (await store.readAudit(0, 0)).length],
      ['key', (await createFileClientKeyStore({ path: paths.clientKeys }).find(sharedKey))?.revision ?? 0],
    ])
    const figures: TortureFigures = {
      processes,
      kills,
      stops,
      acknowledged: 0,
      lost: 0,
      twice: 0,
      unacknowledged: 0,
    }
    for (const [what, numbers] of await readAcknowledged(files)) {
      const last = reached.get(what) ?? 0
      const distinct = new Set(numbers)
      figures.acknowledged += numbers.length
      figures.lost += numbers.filter((number) => number > last).length
      figures.twice += numbers.length - distinct.size
      figures.unacknowledged += Math.max(0, last - distinct.size)
    }
    return figures
  } finally {
    await rm(folder, { recursive: true })
  }
}
