/** Work that can stop between its steps: each `yield` tells how many characters the last step looked at. */
export type SteppedWork<T> = Generator<number, T, undefined>

/**
 * How many characters one turn of the event loop looks at. A detector takes some ten milliseconds for 100,000
 * characters at worst, so a turn is held up by a quarter of that; `pnpm verify validation-bounds` measures it.
 */
const charactersPerTurn = 25_000

/** What a step costs at least, as if it had looked at so many characters. */
export const leastCharacters = 128

/** Does all of the work at once. */
export function atOnce<T>(work: SteppedWork<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

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
    looked += Math.max(step, leastCharacters)
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
        reject(error instanceof Error ? error : new Error(String(error)))
      }
      return 'done'
    })
    schedule()
  })
}
