import { type Clock, type Timer, systemClock } from '@alfred/core'

/** Thrown when every slot stayed taken for as long as one may wait. */
export class NoSlotError extends Error {
  override readonly name = 'NoSlotError'
}

/** How many may be at work, and how many may wait for how long. */
export interface SlotsOptions {
  readonly limit: number
  readonly maxWaiting: number
  readonly waitMs: number
  readonly clock?: Clock | undefined
}

interface Waiter {
  readonly admit: () => void
}

/** A semaphore with a short queue. */
export class Slots {
  readonly #options: SlotsOptions & { readonly clock: Clock }
  readonly #queue = new Set<Waiter>()
  #taken = 0

  constructor({ clock = systemClock, ...options }: SlotsOptions) {
    this.#options = { ...options, clock }
  }

  /**
   * Takes a slot.
   *
   * @returns a function that gives it back; a second call does nothing
   * @throws {@link NoSlotError}, or the signal's reason
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#options.limit) this.#taken += 1
    else await this.#wait(signal)
    let isHeld = true
    return () => {
      if (isHeld) this.#release()
      isHeld = false
    }
  }

  #release(): void {
    const [next] = this.#queue
    // The slot goes to the next in the queue, so that nobody can take it in between.
    if (next) next.admit()
    else this.#taken -= 1
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { maxWaiting, waitMs, clock } = this.#options
    if (this.#queue.size >= maxWaiting) return Promise.reject(new NoSlotError('the queue is full'))
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#queue.delete(waiter)
        timer.cancel()
        signal.removeEventListener('abort', abort)
      }
      const waiter: Waiter = {
        admit() {
          leave()
          resolve()
        },
      }
      const abort = (): void => {
        leave()
        reject(new Error('the wait for a slot was aborted', { cause: signal.reason }))
      }
      const timer: Timer = clock.setTimeout(() => {
        leave()
        reject(new NoSlotError(`no slot became free in ${String(waitMs)} ms`))
      }, waitMs)
      signal.addEventListener('abort', abort, { once: true })
      this.#queue.add(waiter)
    })
  }
}
