import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { tellListener } from '../tell-listener.ts'

/** Between two looks: beside a journal that a killed process left, a look is itself an event of the folder. */
const minPauseMs = 20

/**
 * Calls `listener` when `position` resolves with another number after the file, or its journal, changed. The end of the
 * journal is the commit. A read-only or remote folder may send no events: they are a hint.
 *
 * @returns a function that ends it
 */
export function watchSqliteFile(
  path: string,
  position: () => Promise<number | undefined>,
  listener: () => void,
): () => void {
  const names = [basename(path), `${basename(path)}-journal`]
  let last: number | undefined
  let looking = false
  let hints = 0
  const ending = new AbortController()

  const look = async (): Promise<void> => {
    hints += 1
    if (looking) return
    looking = true
    let followed: number
    do {
      followed = hints
      // A file that cannot be read is reported by the next call that needs it.
      const found = await position().catch(() => last)
      if (found !== last) {
        last = found
        if (!ending.signal.aborted) tellListener(listener)
      }
      await delay(minPauseMs, undefined, { ref: false })
    } while (followed !== hints)
    looking = false
  }

  let watcher: FSWatcher
  try {
    watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
      if (name !== null && names.includes(name)) void look()
    })
  } catch {
    // Out of watches, or no such folder yet.
    return () => undefined
  }
  const stop = (): void => {
    ending.abort()
    watcher.close()
  }
  watcher.on('error', stop)
  void position().then(
    (found) => (last ??= found),
    () => undefined,
  )
  return stop
}
