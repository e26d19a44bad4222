import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder that `ALFRED_CORPORA` names; without it the process ends with 2, since there is nothing to measure on. */
export function corporaFolder(): string {
  const folder = process.env['ALFRED_CORPORA']
  if (folder !== undefined && existsSync(folder)) return folder
  console.error('Set ALFRED_CORPORA to the folder with the corpora; they are no part of this repository.')
  process.exit(2)
}

/** A corpus: the name of a file that holds a JSON array, without `.json`. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the corpus
export const readCorpus = <T>(folder: string, name: string): readonly T[] =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as T[]

/**
 * The half of the entries that detectors are never tuned on: those whose SHA-256 begins with an odd byte. Which half an
 * entry is in depends on nothing but its text.
 */
export const isHeldOut = (entry: string): boolean =>
  ((createHash('sha256').update(entry).digest()[0] ?? 0) & 1) === 1
