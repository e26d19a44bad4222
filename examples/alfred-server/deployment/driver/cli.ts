import { parseArgs } from 'node:util'
import { DeployError } from './deploy-error.ts'
import { isDigest, isVersion } from './release.ts'

/** What the command line asks for. */
export interface Command {
  readonly name: (typeof names)[number]
  /** A version or a digest, of `deploy` and `notify`. */
  readonly reference: string | undefined
  readonly environment: string
  /** Of `notify`. */
  readonly outcome: string
  readonly dryRun: boolean
  readonly lockWaitMs: number
  readonly settingsFile: string | undefined
}

export const usage = `Usage:
  deploy VERSION|DIGEST [ENVIRONMENT]   puts a release into both slots
  rollback [ENVIRONMENT]                goes back to the release before
  status [ENVIRONMENT]                  what serves, and how the last run ended
  health [ENVIRONMENT]                  asks both slots and the edge; ends with 1 when one is ill
  drain [ENVIRONMENT]                   sends nothing more to a slot that is ill
  clean-up [ENVIRONMENT]                removes releases that nobody goes back to
  prepare [ENVIRONMENT]                 writes the folder of the edge
  notify VERSION ENVIRONMENT OUTCOME    tells people
Options:
  --dry-run            says what would be done
  --lock-wait SECONDS  waits for another run to end
  --settings FILE      another file than deployment/ENVIRONMENT.env`

const names = ['deploy', 'rollback', 'status', 'health', 'drain', 'clean-up', 'prepare', 'notify'] as const

const refuse = (message: string): never => {
  throw new DeployError('refused', `${message}\n${usage}`)
}

/** @throws DeployError `refused` with the usage */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parse(args)
  const [first = '', ...rest] = positionals
  const name =
    names.find((candidate) => candidate === first) ?? refuse(`There is no command ${JSON.stringify(first)}.`)
  const takesReference = name === 'deploy' || name === 'notify'
  const reference = takesReference ? rest.shift() : undefined
  if (takesReference && (reference === undefined || !(isDigest(reference) || isVersion(reference)))) {
    refuse(`${name} needs a version such as 1.4.2, or a digest sha256:….`)
  }
  const environment = rest.shift() ?? 'production'
  if (!/^[a-z][a-z0-9-]*$/.test(environment))
    refuse(`${JSON.stringify(environment)} is no name of an environment.`)
  const outcome = name === 'notify' ? rest.join(' ') || 'deployed' : ''
  if (name !== 'notify' && rest.length > 0) refuse(`${JSON.stringify(rest[0])} is too much.`)
  const wait = values['lock-wait'] ?? '0'
  if (!/^\d{1,6}$/.test(wait)) refuse('--lock-wait needs whole seconds.')
  return {
    name,
    reference,
    environment,
    outcome,
    dryRun: values['dry-run'] ?? false,
    lockWaitMs: Number(wait) * 1000,
    settingsFile: values.settings,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        'lock-wait': { type: 'string' },
        settings: { type: 'string' },
      },
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}
