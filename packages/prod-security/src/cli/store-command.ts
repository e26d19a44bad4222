import type { CommandEnvironment } from './command-environment.ts'
import { UsageError } from './command-error.ts'
import { type ExitCode, runCommand } from './run-command.ts'
import { type AccessValues, withConfigFile } from './vault-access.ts'

/** One call of an action. */
export interface ActionCall<V> {
  /** The name of the action, such as `rotate`. */
  readonly action: string
  /** The arguments behind it. */
  readonly operands: readonly string[]
  /** The flags, with those of `--config`. */
  readonly values: V
  readonly environment: CommandEnvironment
}

/** What an action tells. */
export interface CommandOutput {
  /** Printed with `--json`. */
  readonly json: unknown
  /** Printed without. */
  readonly text: string
  /** What a person is told beside it, on standard error, without `--json`. */
  readonly remark?: string | undefined
  /** @default 0 */
  readonly exitCode?: ExitCode | undefined
}

/** An action of a command. */
export interface Action<V> {
  /** The names of the arguments that it takes. */
  readonly operands: readonly string[]
  readonly run: (call: ActionCall<V>) => Promise<CommandOutput>
}

/** A command whose actions work on a store of keys. */
export interface StoreCommand<V> {
  /** Such as `keys`. */
  readonly name: string
  readonly usage: string
  readonly parse: (args: string[]) => { readonly values: V; readonly positionals: readonly string[] }
  readonly actions: Readonly<Record<string, Action<V>>>
  /** Where to look when the arguments of an action are wrong. */
  readonly operandHint: string
}

type CommonValues = AccessValues & {
  readonly json?: boolean | undefined
  readonly help?: boolean | undefined
}

function parsed<V>(
  { parse }: StoreCommand<V>,
  args: readonly string[],
): ReturnType<StoreCommand<V>['parse']> {
  try {
    return parse([...args])
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments')
  }
}

/** @throws UsageError */
function requireOperands(
  action: string,
  expected: readonly string[],
  operands: readonly string[],
  hint: string,
): void {
  if (operands.length < expected.length)
    throw new UsageError(`${action} needs ${expected.join(' ')}. ${hint}`)
  if (operands.length === expected.length) return
  // What is too much may be a key, so it is not repeated.
  throw new UsageError(`${action} takes ${expected.join(' ') || 'nothing'} only. ${hint}`)
}

/**
 * Runs the action that the arguments name, and prints what it tells.
 *
 * @returns the exit code
 */
export function runStoreCommand<V extends CommonValues>(
  command: StoreCommand<V>,
  args: readonly string[],
  environment: CommandEnvironment,
): Promise<ExitCode> {
  const { name, usage, actions, operandHint } = command
  return runCommand(name, usage, environment, async () => {
    const { values: flags, positionals } = parsed(command, args)
    if (flags.help) {
      environment.stdout.write(usage)
      return 0
    }
    const values = withConfigFile(flags)
    const [action = '', ...operands] = positionals
    const found = Object.hasOwn(actions, action) ? actions[action] : undefined
    if (!found) throw new UsageError(`the action must be one of ${Object.keys(actions).join(', ')}`)
    requireOperands(action, found.operands, operands, operandHint)

    const { json, text, remark, exitCode = 0 } = await found.run({ action, operands, values, environment })
    if (remark !== undefined && !values.json) environment.stderr.write(`${remark}\n`)
    environment.stdout.write(values.json ? `${JSON.stringify(json)}\n` : text)
    return exitCode
  })
}
