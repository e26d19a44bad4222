/** The deploy driver: no dependency but Node. `scripts/deploy.sh` and its neighbours start it. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { cleanUp } from './clean-up.ts'
import { type Command, parseCommand } from './cli.ts'
import { withDeadline } from './deadline.ts'
import { drainIllSlot } from './drain-ill-slot.ts'
import { DeployError, exitCodes, explain } from './deploy-error.ts'
import { rollbackTarget } from './history.ts'
import { createHooks } from './hooks.ts'
import { type Installation, openInstallation } from './installation.ts'
import { acquireLock, describeHolder, lockHolder } from './lock.ts'
import { notify } from './notify.ts'
import { createProgress, type Progress } from './progress.ts'
import { describeRelease, type Release } from './release.ts'
import { hookFacts, rollOut } from './rollout.ts'
import { runCommand } from './run-command.ts'
import { type DeploySettings, readDeploySettings } from './settings.ts'
import { createStateStore, type State } from './state.ts'

const print = (line: string): void => {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
}

/** More than the clean-up keeps: it removes only what the state remembers. */
const remembered = 50

interface Session {
  readonly command: Command
  readonly settings: DeploySettings
  readonly installation: Installation
  readonly progress: Progress
  readonly signal: AbortSignal
}

async function main(args: readonly string[]): Promise<void> {
  const command = parseCommand(args)
  const environment = await readEnvironment(command)
  const settings = refuseOnError(() => readDeploySettings(environment, command.environment))
  if (command.name === 'notify') {
    const { reference = '', outcome } = command
    await notify(settings.webhookFile, {
      version: reference,
      environment: command.environment,
      outcome,
      detail: '',
    })
    return
  }
  await mkdir(settings.stateFolder, { recursive: true })
  const store = createStateStore(settings.stateFolder)
  const ending = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      ending.abort(new Error(`ended by ${name}`))
    })
  }
  const open = async (): Promise<Session> => ({
    command,
    settings,
    installation: openInstallation(settings, environment),
    progress: createProgress({ store, initial: await store.read(), print, explain }),
    signal: ending.signal,
  })
  if (command.name === 'status') return status(await open())
  if (command.name === 'health') return health(await open())

  const lock = await acquireLock(settings.stateFolder, command.reference ?? command.name, command.lockWaitMs)
  try {
    const session = await open()
    if (command.name === 'prepare') await session.installation.prepare()
    else if (command.name === 'drain') await drain(session)
    else if (command.name === 'clean-up') {
      await cleanUp(session.installation.backend, session.progress, settings.kept, ending.signal)
    } else await deployOrRollBack(session, command.name)
  } finally {
    await lock.release()
  }
}

/** The process' own environment counts more than the file. */
async function readEnvironment({ settingsFile, environment }: Command): Promise<NodeJS.ProcessEnv> {
  const file = settingsFile ?? fileURLToPath(new URL(`../${environment}.env`, import.meta.url))
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (settingsFile === undefined) return ''
    throw new DeployError('refused', `The settings in ${file} cannot be read: ${explain(error)}`)
  })
  return { ...parseEnv(text), ...process.env, ...(text === '' ? {} : { ALFRED_ENV_FILE: file }) }
}

function refuseOnError<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new DeployError('refused', explain(error))
  }
}

async function deployOrRollBack(session: Session, action: 'deploy' | 'rollback'): Promise<void> {
  const { command, settings, installation, progress, signal } = session
  const { backend, edge } = installation
  const target = await findTarget(session, action)
  print(`${action} of ${describeRelease(target)} on ${settings.environment}`)
  if (command.dryRun) {
    plan(session, target, action)
    return
  }
  const hooks = createHooks(settings.hooksFolder, runCommand)
  const told = async (outcome: string, detail: string): Promise<void> => {
    const notification = { version: target.version, environment: settings.environment, outcome, detail }
    await notify(settings.webhookFile, notification).catch((error: unknown) => progress.warn(explain(error)))
  }
  await prepareEdge(session)
  try {
    await rollOut({
      action,
      target,
      hooks,
      environment: settings.environment,
      assetsFolder: join(installation.edgeFolder, 'assets'),
      remembered,
      context: {
        backend,
        edge,
        progress,
        deadlines: settings.deadlines,
        quietMs: settings.quietMs,
        settleMs: settings.settleMs,
        pollMs: 100,
        smoke: installation.smoke,
        signal,
        unsafeStopFirst: process.env['ALFRED_UNSAFE_STOP_FIRST'] === 'yes',
      },
    })
  } catch (error) {
    await told(`${action} failed`, explain(error))
    throw error
  }
  const { run } = progress.state()
  if (run) {
    await hooks
      .run('post-deploy', hookFacts(run, settings.environment), signal)
      .catch((error: unknown) => progress.warn(`the hook "post-deploy" failed: ${explain(error)}`))
  }
  await cleanUp(backend, progress, settings.kept, signal)
  await told(action === 'deploy' ? 'deployed' : 'rolled back', '')
  print(`${describeRelease(target)} serves.`)
}

/** Brings the configuration of the edge up to date. One that nginx does not take is put back at once. */
async function prepareEdge({ installation, settings, signal }: Session): Promise<void> {
  const undo = await installation.prepare()
  try {
    await withDeadline('check', settings.deadlines.edgeMs, signal, (until) => installation.edge.check(until))
  } catch (error) {
    await undo()
    throw new DeployError('refused', `The edge does not take its configuration. ${explain(error)}`)
  }
}

/** Finds the release, before anything is touched. */
async function findTarget(session: Session, action: 'deploy' | 'rollback'): Promise<Release> {
  const { command, settings, installation, progress, signal } = session
  const { backend } = installation
  try {
    return await withDeadline('fetch', settings.deadlines.fetchMs, signal, async (until) => {
      if (action === 'deploy') return backend.fetch(command.reference ?? '', until)
      const previous = rollbackTarget(progress.state())
      if (previous === undefined) throw new Error('no release served before the current one')
      if (await backend.isPresent(previous, until)) return previous
      throw new Error(`${describeRelease(previous)} is not here any more: deploy another version`)
    })
  } catch (error) {
    throw new DeployError('refused', `Nothing was touched. ${explain(error)}`)
  }
}

async function drain({ command, installation, progress, settings, signal }: Session): Promise<void> {
  const { backend, edge } = installation
  const { dryRun } = command
  const slot = await withDeadline('drain', settings.deadlines.edgeMs, signal, (until) =>
    drainIllSlot({ backend, edge, signal: until, dryRun }),
  )
  if (slot === undefined) print('No slot is ill.')
  else if (dryRun) print(`Would send nothing more to slot ${slot.name}.`)
  else
    await progress.warn(`slot ${slot.name} was ill and gets no more requests: the next deployment fills it`)
}

function plan({ settings, installation }: Session, target: Release, action: string): void {
  const before = action === 'deploy' ? ['backup', 'migrate'] : []
  const each = ['down', 'drain', 'replace', 'ready', 'settle', 'up', 'smoke']
  const steps = [
    ...['check', 'pre-deploy', ...before, 'assets'],
    ...installation.backend.slots.flatMap(({ name }) => each.map((step) => `${step} ${name}`)),
    'clean-up',
  ]
  console.log(
    `Would ${action} ${describeRelease(target)} on ${settings.environment}:\n  ${steps.join('\n  ')}`,
  )
}

async function status({ progress, settings }: Session): Promise<void> {
  const state: State = progress.state()
  const holder = await lockHolder(settings.stateFolder)
  console.log(JSON.stringify({ ...state, lock: holder && describeHolder(holder, Date.now()) }, undefined, 2))
}

async function health({ installation, signal, settings }: Session): Promise<void> {
  const { backend, edge, smoke } = installation
  const slots = await Promise.all(
    backend.slots.map(async (slot) => {
      const running = await backend.running(slot, signal).catch(() => undefined)
      const isReady = running !== undefined && (await backend.ask(slot, signal)).isReady
      return { slot: slot.name, digest: running?.digest, isReady, isUp: await edge.isUp(slot) }
    }),
  )
  const problem = await withDeadline('the edge', settings.deadlines.smokeMs, signal, smoke).then(
    () => undefined,
    explain,
  )
  console.log(JSON.stringify({ slots, edge: problem ?? 'answers' }, undefined, 2))
  if (problem !== undefined || !slots.every(({ isReady, isUp }) => isReady && isUp)) process.exitCode = 1
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof DeployError ? error.message : error)
  process.exitCode = error instanceof DeployError ? exitCodes[error.kind] : exitCodes.failed
}
