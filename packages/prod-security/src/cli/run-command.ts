import { isAlfredError } from '@alfred/core'
import type { CommandEnvironment } from './command-environment.ts'
import { CommandError, UsageError } from './command-error.ts'

/** 0 done · 1 it failed · 2 wrong usage · 3 the audit trail is not intact · 4 a revocation is due. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

/** What to do about failures that a person can do something about. */
const advice: Readonly<Partial<Record<string, string>>> = {
  ALFRED_CLIENT_KEY_NOT_FOUND: 'See the ids with: alfred-security client-keys list',
  ALFRED_VAULT_KEY_NOT_FOUND: 'See what there is with: alfred-security keys list',
  ALFRED_VAULT_KEY_IN_USE: 'Wait, or add --force.',
  ALFRED_VAULT_WRONG_KEY:
    'Give the key-encryption key that the store was written with (--key-file, --key-env).',
  ALFRED_VAULT_WRONG_STAGE:
    'See the stages with: alfred-security keys list. A current version is revoked with --force.',
  ALFRED_VAULT_TAMPERED: 'Check the audit trail, find out who wrote to the store, then restore a backup.',
  ALFRED_STORE_UNAVAILABLE:
    'Check that it runs and that the address and the credentials are right; of a file, its folder and who may write to it.',
}

/** Runs a command; its errors become one message and an exit code. No message holds a secret. */
export async function runCommand(
  name: string,
  usage: string,
  { stderr }: CommandEnvironment,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof UsageError) {
      stderr.write(`alfred-security ${name}: ${error.message}\n\n${usage}`)
      return 2
    }
    if (error instanceof CommandError || isAlfredError(error)) {
      const hint = isAlfredError(error) ? advice[error.code] : undefined
      const cause = error.cause instanceof Error ? ` (${error.cause.message})` : ''
      const code = isAlfredError(error) ? ` [${error.code}]` : ''
      stderr.write(`alfred-security ${name}: ${error.message}${cause}${code}\n`)
      if (hint !== undefined) stderr.write(`${hint}\n`)
      return 1
    }
    throw error
  }
}
