import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Backend } from './backend/backend.ts'
import { createComposeBackend } from './backend/compose-backend.ts'
import { composeCommand } from './backend/compose-command.ts'
import { createProcessBackend } from './backend/process-backend.ts'
import { createComposeNginx } from './edge/compose-nginx.ts'
import type { Edge } from './edge/edge.ts'
import { prepareEdgeFolder } from './edge/edge-files.ts'
import { createLocalNginx } from './edge/local-nginx.ts'
import { createNginxEdge } from './edge/nginx-edge.ts'
import { runCommand } from './run-command.ts'
import type { DeploySettings } from './settings.ts'
import type { Slot } from './slot.ts'
import { smokeThroughEdge } from './smoke.ts'

/** One machine, as its settings describe it. */
export interface Installation {
  readonly backend: Backend
  readonly edge: Edge
  readonly edgeFolder: string
  /** Writes the folder of the edge, or brings it up to date. @returns puts back what was there before */
  prepare(): Promise<() => Promise<void>>
  /** Asks the app through the edge. */
  readonly smoke: (signal: AbortSignal) => Promise<void>
}

const deploymentFolder = fileURLToPath(new URL('..', import.meta.url))

export function openInstallation(settings: DeploySettings, environment: NodeJS.ProcessEnv): Installation {
  const edgeFolder = join(settings.stateFolder, 'edge')
  const isCompose = settings.backend === 'compose'
  const compose = composeCommand(settings, environment, deploymentFolder)
  const slots: readonly [Slot, Slot] = isCompose
    ? [slot('a', 'app-a:3000'), slot('b', 'app-b:3000')]
    : [
        slot('a', `127.0.0.1:${String(settings.slotPorts[0])}`),
        slot('b', `127.0.0.1:${String(settings.slotPorts[1])}`),
      ]
  const backend = isCompose
    ? createComposeBackend({ compose, slots, image: settings.image, stateFolder: settings.stateFolder })
    : createProcessBackend({
        folder: join(settings.stateFolder, 'slots'),
        releases: settings.releasesFolder,
        slots,
        environment,
        metricsToken: () => readToken(settings.metricsTokenFile),
        stopMs: Math.max(1000, settings.deadlines.replaceMs - 10_000),
        run: runCommand,
      })
  const control = isCompose
    ? createComposeNginx(compose)
    : createLocalNginx({
        program: settings.nginxProgram,
        folder: edgeFolder,
        prefix: settings.nginxPrefix,
        statusAddress: settings.site.listenStatus,
        run: runCommand,
      })
  const [host = 'localhost'] = settings.site.names
  return {
    backend,
    edge: createNginxEdge({ folder: edgeFolder, control, resolvesNames: isCompose }),
    edgeFolder,
    prepare: () => prepareEdgeFolder(edgeFolder, deploymentFolder, settings.site, slots),
    smoke: (signal) =>
      smokeThroughEdge(
        { folder: edgeFolder, host, address: '127.0.0.1', port: settings.site.publicHttpsPort },
        signal,
      ),
  }
}

const slot = (name: Slot['name'], address: string): Slot => ({ name, address })

async function readToken(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : (await readFile(file, 'utf8')).trim()
}
