import { setImmediate } from 'node:timers/promises'
import type { FakeClock } from './fake-clock.ts'

/** Moves a fake clock on in steps, letting promises settle after each; 0 lets them settle alone. */
export async function passTime(clock: FakeClock, ms: number, stepMs = 50): Promise<void> {
  let left = ms
  do {
    clock.advance(Math.min(stepMs, left))
    await setImmediate()
    left -= stepMs
  } while (left > 0)
}
