import { createHash } from 'node:crypto'
import type { AlgorithmName } from './algorithm.ts'
import { algorithms } from './algorithms.ts'

/** Three characters that mark a cell in a subject's value: a hash, so that they outlive a reordering. */
const cellTag = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 3)

/** The tags of a policy's cells. Another algorithm has others, for it would not understand the numbers. */
export const cellTags = (name: string, algorithm: AlgorithmName): readonly string[] =>
  Array.from({ length: Math.max(1, algorithms[algorithm].script.cells.length) }, (_, index) =>
    cellTag(`${algorithm} ${String(index)} ${name}`),
  )

/** The tag of the cell that says until when a policy is blocked. */
export const blockTag = (name: string): string => cellTag(`block ${name}`)
