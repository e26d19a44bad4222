import { DeployError } from '../driver/deploy-error.ts'

/** Runs a step, and says that it begins and how it ended. */
export type RunStep = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** @param print - takes a line for a person */
export function createSteps(print: (line: string) => void): RunStep {
  return async (name, work) => {
    const startedAt = performance.now()
    const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(1)
    print(`… ${name}`)
    try {
      const result = await work()
      print(`✓ ${name}, ${seconds()} s`)
      return result
    } catch (error) {
      print(`✗ ${name}, ${seconds()} s`)
      throw new DeployError('failed', `The step "${name}" failed`, { cause: error })
    }
  }
}

/** @returns the first of the causes that is of a class */
export function findCause<T extends Error>(error: unknown, kind: new (message: string) => T): T | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof kind) return cause
  return undefined
}
