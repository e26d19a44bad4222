import { asError } from '@alfred/core'
import { stepLength, type SteppedWork } from '../detectors/text/stepped-work.ts'

/**
 * How many characters one turn of the event loop looks at: a step of a long text, or some of short ones.
 * `pnpm verify validation-bounds` measures what that takes.
 */
const charactersPerTurn = stepLength

/** What a step costs at least, as if it had looked at so many characters. */
export const minCharacters = 128

/** A piece of work in hand: takes one step and returns how many characters it looked at, or that it is done. */
type Task = () => number | 'done'

const waiting: Task[] = []
let isScheduled = false

function schedule(): void {
  if (isScheduled) return
  isScheduled = true
  setImmediate(takeTurn)
}

function takeTurn(): void {
  isScheduled = false
  for (let looked = 0; looked < charactersPerTurn;) {
    const task = waiting.shift()
    if (!task) return
    const step = task()
    if (step === 'done') continue
    looked += Math.max(step, minCharacters)
    waiting.push(task)
  }
  schedule()
}

/** Does the work step by step, in turns of the event loop that all such work shares. */
export function inTurns<T>(work: SteppedWork<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    waiting.push(() => {
      try {
        const step = work.next()
        if (step.done !== true) return step.value
        resolve(step.value)
      } catch (error) {
        reject(asError(error))
      }
      return 'done'
    })
    schedule()
  })
}
