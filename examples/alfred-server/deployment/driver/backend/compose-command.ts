import { join } from 'node:path'
import { runCommand } from '../run-command.ts'
import type { DeploySettings } from '../settings.ts'

/** Runs docker and docker compose for one installation. */
export interface ComposeCommand {
  readonly compose: (args: readonly string[], signal: AbortSignal) => Promise<string>
  readonly docker: (args: readonly string[], signal: AbortSignal) => Promise<string>
  /** The file that names the image of each slot. */
  readonly slotsFile: string
}

export function composeCommand(
  settings: Pick<DeploySettings, 'composeFile' | 'stateFolder' | 'envFile'>,
  env: NodeJS.ProcessEnv,
  deploymentFolder: string,
): ComposeCommand {
  const file = settings.composeFile ?? join(deploymentFolder, 'docker-compose.production.yml')
  const slotsFile = join(settings.stateFolder, 'slots.env')
  const given = settings.envFile === undefined ? [] : ['--env-file', settings.envFile]
  const base = ['docker', 'compose', '-f', file, ...given, '--env-file', slotsFile]
  return {
    slotsFile,
    compose: (args, signal) => runCommand([...base, ...args], { signal, env }),
    docker: (args, signal) => runCommand(['docker', ...args], { signal, env }),
  }
}
