import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createFileVaultStore } from '@alfred/key-vault'
import { createFileClientKeyStore } from '@alfred/key-vault/client-keys'
import { isAlfredError } from '@alfred/core'

/** What came of it. */
export interface FlipFigures {
  flips: number
  /** Reading failed with an `AlfredError`. */
  noticed: number
  /** Everything was read as it had been written. */
  harmless: number
  /** Something else was read, or another error was thrown. */
  silent: number
  /** A few of those, to look at. */
  readonly examples: string[]
}

const ids = Array.from({ length: 40 }, (_, index) => `key${String(index).padStart(9, '0')}`)

/** The first and last keys of pages, and one that there is not. */
const probed = ['key000000000', 'key000000011', 'key000000020', 'key000000039', 'key000000999']

/** Stores with several pages of each kind. */
async function fill(folder: string) {
  const paths = { vault: join(folder, 'keys.vault'), clientKeys: join(folder, 'client-keys') }
  const store = createFileVaultStore({ path: paths.vault })
  for (let revision = 0; revision < 3; revision++)
    await store.compareAndSet(revision, `${'document '.repeat(900)}${String(revision)}`)
  await store.announce('a', 'note a', 3_600_000)
  await store.announce('b', 'note b', 3_600_000)
  const entries = Array.from({ length: 60 }, (_, index) => `entry ${String(index)} ${'x'.repeat(index * 3)}`)
  await store.appendAudit(0, entries)
  const keys = createFileClientKeyStore({ path: paths.clientKeys })
  await keys.replacePepper(undefined, 'pepper')
  for (const id of ids) await keys.write(id, 0, `data of ${id} ${'y'.repeat(120)}`)
  await keys.touch(new Map(ids.slice(0, 20).map((id, index) => [id, 1_000_000 + index])))
  return paths
}

/** Reads everything through the store, each part on its own: an error in one hides nothing in another. */
function readersOf(
  path: string,
  kind: 'vault' | 'trail' | 'client-keys',
): readonly (() => Promise<unknown>)[] {
  if (kind === 'client-keys') {
    const keys = createFileClientKeyStore({ path })
    return [
      () => keys.list(undefined, 100),
      () => Promise.all(probed.map((id) => keys.find(id))),
      () => keys.changes(0),
      () => keys.readPepper(),
    ]
  }
  const store = createFileVaultStore({ path: kind === 'trail' ? path.replace(/\.audit$/, '') : path })
  if (kind === 'trail')
    return [() => store.readAudit(0, 100), () => store.readAudit(30, 1), () => store.readAudit(0, 0)]
  return [() => store.read(), () => store.announcements()]
}

/** The result of a reader, or that it failed as it may. */
async function outcomeOf(read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    return isAlfredError(error) ? 'noticed' : error
  }
}

/**
 * Flips bits of every `stride`th byte of each file, one byte at a time, and reads everything.
 *
 * @param onProgress - is called after each file
 */
export async function flipBytes(stride: number, onProgress?: (text: string) => void): Promise<FlipFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'flip-bytes-'))
  const figures: FlipFigures = { flips: 0, noticed: 0, harmless: 0, silent: 0, examples: [] }
  try {
    const { vault, clientKeys } = await fill(folder)
    const files = [
      ['vault', vault],
      ['trail', `${vault}.audit`],
      ['client-keys', clientKeys],
    ] as const
    for (const [kind, path] of files) {
      const original = readFileSync(path)
      const readers = readersOf(path, kind)
      const expected = await Promise.all(readers.map((read) => read()))
      for (let offset = 0; offset < original.length; offset += stride) {
        for (const mask of [1 << (offset % 8), 0xff]) {
          const file = openSync(path, 'r+')
          writeSync(file, Uint8Array.of((original[offset] ?? 0) ^ mask), 0, 1, offset)
          closeSync(file)
          const outcomes: unknown[] = []
          for (const read of readers) outcomes.push(await outcomeOf(read))
          figures.flips += 1
          const wrong = outcomes.findIndex(
            (outcome, index) => outcome !== 'noticed' && !isDeepStrictEqual(outcome, expected[index]),
          )
          if (wrong >= 0) {
            figures.silent += 1
            if (figures.examples.length < 5)
              figures.examples.push(`${kind} ${String(offset)} ^ ${String(mask)}: reader ${String(wrong)}`)
          } else if (outcomes.includes('noticed')) figures.noticed += 1
          else figures.harmless += 1
          // A damaged header may have made SQLite write to the file.
          writeFileSync(path, original)
          for (const suffix of ['-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true })
        }
      }
      onProgress?.(`${kind}: ${String(original.length)} bytes, ${JSON.stringify(figures)}`)
    }
    return figures
  } finally {
    await rm(folder, { recursive: true })
  }
}
