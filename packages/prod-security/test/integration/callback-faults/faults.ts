import { setTimeout } from 'node:timers/promises'

/** What a function of the application does instead of what its contract asks for. */
export interface Fault {
  readonly name: string
  /** Whether an option that may answer by a promise works with this one, so that its answer counts. */
  readonly isAnswer: boolean
  /** Whether something happens after the row is done. */
  readonly isLate?: boolean
  /**
   * @param open - what the function would have to return to open the protection
   */
  readonly make: (open: unknown, wrong: readonly unknown[]) => (...parameters: readonly unknown[]) => unknown
}

const failure = new Error('a fault of the application')

/** Express goes on after most of these, and takes `'route'` for the next route. */
const notErrors: readonly unknown[] = [0, '', false, NaN, 0n, 'route', 'router']

/** Longer than every deadline of the rows. */
export const lateMs = 60

/** Calls back twice, at once, as promise libraries of old did. */
const foreign = (open: unknown) => ({
  then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    resolve(open)
    reject(failure)
    resolve(open)
  },
})

export const faults: readonly Fault[] = [
  {
    name: 'returns the wrong type',
    isAnswer: false,
    make(_open, wrong) {
      let calls = 0
      return () => wrong[calls++ % wrong.length]
    },
  },
  { name: 'returns a promise', isAnswer: true, make: (open) => () => Promise.resolve(open) },
  { name: 'returns a thenable', isAnswer: true, make: (open) => () => foreign(open) },
  {
    name: 'throws',
    isAnswer: false,
    make: () => () => {
      throw failure
    },
  },
  {
    name: 'throws nothing',
    isAnswer: false,
    make: () => () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an application may do
      throw undefined
    },
  },
  {
    name: 'throws what frameworks take for no error',
    isAnswer: false,
    make() {
      let calls = 0
      return () => {
        throw notErrors[calls++ % notErrors.length]
      }
    },
  },
  {
    name: 'rejects with what has no text',
    isAnswer: false,
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what an application may do
    make: () => () => Promise.reject(Object.create(null)),
  },
  { name: 'rejects', isAnswer: false, make: () => () => Promise.reject(failure) },
  {
    name: 'returns a thenable that throws',
    isAnswer: false,
    make: () => () => ({
      then() {
        throw failure
      },
    }),
  },
  { name: 'never settles', isAnswer: false, make: () => () => new Promise(() => undefined) },
  {
    name: 'settles late',
    isAnswer: false,
    isLate: true,
    make: (open) => () => setTimeout(lateMs).then(() => open),
  },
  {
    name: 'rejects late',
    isAnswer: false,
    isLate: true,
    make: () => () =>
      setTimeout(lateMs).then(() => {
        throw failure
      }),
  },
]
