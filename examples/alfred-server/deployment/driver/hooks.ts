import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunCommand } from './run-command.ts'

/** The moments at which a file of that name is run, when there is one. */
export const hookNames = ['pre-deploy', 'backup', 'migrate', 'smoke', 'post-deploy', 'deploy-failed'] as const

export type HookName = (typeof hookNames)[number]

/** Runs the hooks of a folder. */
export interface Hooks {
  /** @returns whether there was one. @throws Error when it fails */
  run(name: HookName, facts: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean>
}

/** @param folder - `undefined` for none */
export function createHooks(folder: string | undefined, run: RunCommand): Hooks {
  return {
    async run(name, facts, signal) {
      if (folder === undefined) return false
      const file = join(folder, name)
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (!isThere) return false
      await run([file], { signal, env: { ...process.env, ...facts } })
      return true
    },
  }
}
