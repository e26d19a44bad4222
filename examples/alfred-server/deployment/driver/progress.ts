import type { Run, State, StateStore } from './state.ts'

/** Where a run is: for a person on stderr, for the next run in the state, for later in the audit log. */
export interface Progress {
  /** Runs one step: says that it begins, keeps it in the state, and says how it ended. */
  step<T>(name: string, slot: string | undefined, work: () => Promise<T>): Promise<T>
  warn(message: string): Promise<void>
  /** The state as it is now. */
  state(): State
  write(state: State): Promise<void>
}

export interface ProgressOptions {
  readonly store: StateStore
  readonly initial: State
  readonly print: (line: string) => void
  readonly explain: (error: unknown) => string
}

export function createProgress({ store, initial, print, explain }: ProgressOptions): Progress {
  let state = initial
  let last = 'state'

  async function write(next: State): Promise<void> {
    state = next
    await store.write(next)
  }

  const facts = (run: Run | undefined): Readonly<Record<string, unknown>> => ({
    run: run?.id,
    action: run?.action,
    version: run?.target.version,
    digest: run?.target.digest,
  })

  return {
    state: () => state,
    write,

    async step(name, slot, work) {
      last = slot === undefined ? name : `${name} ${slot}`
      if (state.run) await write({ ...state, run: { ...state.run, step: name, slot } })
      const startedAt = performance.now()
      const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
      print(`… ${last}`)
      const tell = (outcome: string, error?: string): Promise<void> =>
        store.audit({ ...facts(state.run), step: name, slot, outcome, seconds: Number(seconds()), error })
      try {
        const result = await work()
        print(`✓ ${last}, ${seconds()} s`)
        await tell('done')
        return result
      } catch (error) {
        print(`✗ ${last}, ${seconds()} s: ${explain(error)}`)
        await tell('failed', explain(error)).catch(() => undefined)
        throw error
      }
    },

    async warn(message) {
      print(`! ${message}`)
      await store.audit({ ...facts(state.run), step: last, outcome: 'warning', error: message })
    },
  }
}
