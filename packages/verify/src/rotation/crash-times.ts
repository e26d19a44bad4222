import type { SceneOptions } from './rotation-scene.ts'

/** A killed process's lease ends soon, however long its calls might have taken on a busy machine. */
export const crashTimes = {
  callTimeoutMs: 10_000,
  leftoversMs: 1_000,
} as const satisfies Partial<SceneOptions>
