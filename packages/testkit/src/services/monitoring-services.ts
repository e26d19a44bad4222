import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findExecutable } from '../processes/find-executable.ts'
import { startOwnService } from './own-service.ts'
import type { Service } from './service.ts'

/** How to start a server of Prometheus' family. */
export interface StartMonitoringOptions {
  /** The path of its configuration. */
  readonly configFile: string
  /** More arguments. @default [] */
  readonly args?: readonly string[] | undefined
}

/** @throws Error when it is not installed */
function executable(...names: readonly string[]): string {
  const found = findExecutable(...names)
  if (found !== undefined) return found
  throw new Error(`there is no ${String(names[0])} on PATH: node scripts/ensure-services.ts`)
}

const isReady = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${String(port)}/-/ready`)).ok

/** Starts a Prometheus with an empty database on a free port of 127.0.0.1; it never outlives its starter. */
export async function startPrometheus({ configFile, args = [] }: StartMonitoringOptions): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'alfred-prometheus-'))
  const server = executable('prometheus')
  return startOwnService({
    name: 'Prometheus',
    directory,
    port: undefined,
    command: (port) => [
      server,
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      ...args,
    ],
    user: undefined,
    stopSignal: 'SIGTERM',
    url: (port) => `http://127.0.0.1:${String(port)}`,
    answers: isReady,
  })
}

/** Starts an Alertmanager of its own on a free port of 127.0.0.1, without a cluster. */
export async function startAlertmanager({ configFile, args = [] }: StartMonitoringOptions): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'alfred-alertmanager-'))
  const server = executable('prometheus-alertmanager', 'alertmanager')
  return startOwnService({
    name: 'Alertmanager',
    directory,
    port: undefined,
    command: (port) => [
      server,
      `--config.file=${configFile}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      '--cluster.listen-address=',
      ...args,
    ],
    user: undefined,
    stopSignal: 'SIGTERM',
    url: (port) => `http://127.0.0.1:${String(port)}`,
    answers: isReady,
  })
}
