import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../deadline.ts'
import { replaceFile } from '../json.ts'
import type { Slot } from '../slot.ts'
import type { Edge } from './edge.ts'
import { generationFile, slotFile, slotIsUp, slotLine } from './edge-files.ts'

/** How to reach a running nginx. */
export interface NginxControl {
  /** `nginx -t`; throws with what it says. */
  test(signal: AbortSignal): Promise<void>
  reload(signal: AbortSignal): Promise<void>
  /** Asks `/edge/generation` so often, over a new connection each. @returns what answered */
  generations(count: number, signal: AbortSignal): Promise<readonly string[]>
  /** How many established connections nginx holds to the slot. */
  connections(slot: Slot, signal: AbortSignal): Promise<number>
}

export interface NginxEdgeOptions {
  /** The folder that `prepareEdgeFolder` wrote. */
  readonly folder: string
  readonly control: NginxControl
  /** Whether the slots' addresses are names. */
  readonly resolvesNames: boolean
}

/** So many new connections in a row must be served by the new configuration: workers take turns. */
const agreeing = 8

/** The edge as an nginx whose slots are files. */
export function createNginxEdge({ folder, control, resolvesNames }: NginxEdgeOptions): Edge {
  const generationPath = join(folder, 'site/generation.conf')

  async function change(slot: Slot, isUp: boolean, signal: AbortSignal): Promise<void> {
    const file = slotFile(folder, slot)
    const before = await Promise.all([readFile(file, 'utf8'), readFile(generationPath, 'utf8')])
    const generation = randomBytes(8).toString('hex')
    await replaceFile(file, slotLine(slot, isUp, resolvesNames))
    await replaceFile(generationPath, generationFile(generation))
    try {
      await control.test(signal)
    } catch (error) {
      // What does not load must not be there when somebody else reloads.
      await replaceFile(file, before[0])
      await replaceFile(generationPath, before[1])
      throw error
    }
    await control.reload(signal)
    await until(
      async () => {
        const answers = await control.generations(agreeing, signal)
        return answers.length === agreeing && answers.every((answer) => answer === generation)
      },
      signal,
      20,
    )
  }

  return {
    check: (signal) => control.test(signal),
    up: (slot, signal) => change(slot, true, signal),
    down: (slot, signal) => change(slot, false, signal),
    inflight: (slot, signal) => control.connections(slot, signal),
    isUp: (slot) => slotIsUp(folder, slot),
  }
}
