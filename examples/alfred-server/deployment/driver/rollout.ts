import { randomUUID } from 'node:crypto'
import { DeployError, explain } from './deploy-error.ts'
import { withDeadline } from './deadline.ts'
import { afterDeploy, afterTry } from './history.ts'
import type { Hooks } from './hooks.ts'
import { describeRelease, type Release } from './release.ts'
import { isHealthy, replaceSlot, type RolloutContext, servesAlready } from './replace-slot.ts'
import type { Slot } from './slot.ts'
import type { Action, Run } from './state.ts'

export interface RolloutOptions {
  readonly action: Action
  readonly target: Release
  readonly context: RolloutContext
  readonly hooks: Hooks
  readonly environment: string
  /** Where hashed assets of the release before stay reachable. */
  readonly assetsFolder: string
  /** How many releases the state remembers. */
  readonly remembered: number
}

/**
 * Puts a release into both slots, one after the other. When anything fails, every slot that was changed gets back what
 * served before.
 *
 * @throws DeployError `failed` when the old release serves, `broken` when a slot could not be restored
 */
export async function rollOut(options: RolloutOptions): Promise<void> {
  const { context, target, action } = options
  const { progress } = context
  const before = progress.state()
  const interrupted = before.run?.outcome === undefined ? before.run : undefined
  const run: Run = {
    id: randomUUID(),
    action,
    target,
    // A run that was killed may have left a mixture: what served before it is what served before this one.
    from: before.current ?? interrupted?.from,
    step: 'start',
    slot: undefined,
    startedAt: new Date().toISOString(),
    outcome: undefined,
    error: undefined,
  }
  await progress.write({ ...afterTry(before, target, options.remembered), run })
  const touched: Slot[] = []
  try {
    await prepare(options, run)
    for (const slot of await inOrder(context)) {
      if (await servesAlready(context, slot, target)) continue
      await replaceSlot(context, slot, target, () => touched.push(slot))
    }
  } catch (error) {
    await restore(options, run, touched, error)
  }
  const finished: Run = { ...currentRun(progress.state().run, run), outcome: 'succeeded' }
  await progress.write(afterDeploy({ ...progress.state(), run: finished }, target, options.remembered))
}

const currentRun = (found: Run | undefined, fallback: Run): Run => found ?? fallback

/** What hooks learn from their environment. */
export function hookFacts(
  { action, target, from }: Run,
  environment: string,
): Readonly<Record<string, string>> {
  return {
    ALFRED_DEPLOY_ACTION: action,
    ALFRED_DEPLOY_VERSION: target.version,
    ALFRED_DEPLOY_DIGEST: target.digest,
    ALFRED_DEPLOY_PREVIOUS_VERSION: from?.version ?? '',
    ALFRED_DEPLOY_PREVIOUS_DIGEST: from?.digest ?? '',
    ALFRED_DEPLOY_ENVIRONMENT: environment,
  }
}

/** Everything before the first slot. Going back neither saves nor migrates: the schema stays as it is. */
async function prepare(
  { context, hooks, environment, assetsFolder }: RolloutOptions,
  run: Run,
): Promise<void> {
  const { progress, backend, deadlines, signal } = context
  const facts = hookFacts(run, environment)
  const step = (
    name: string,
    ms: number,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<unknown> => progress.step(name, undefined, () => withDeadline(name, ms, signal, work))
  await step('check', deadlines.edgeMs, (until) => context.edge.check(until))
  await step('pre-deploy', deadlines.backupMs, (until) => hooks.run('pre-deploy', facts, until))
  const { from } = run
  if (run.action === 'deploy') {
    await step('backup', deadlines.backupMs, async (until) => {
      const isThere = await hooks.run('backup', facts, until)
      if (!isThere) await progress.warn('no hook "backup": nothing was saved before the migration')
    })
    await step('migrate', deadlines.migrateMs, async (until) => {
      const isThere = await hooks.run('migrate', facts, until)
      if (!isThere) await backend.migrate(run.target, until)
    })
  }
  if (from !== undefined) {
    await step('assets', deadlines.fetchMs, (until) => backend.exportAssets(from, assetsFolder, until))
  }
}

/** The slots that do not serve first: then one that does is never the only one. */
async function inOrder(context: RolloutContext): Promise<readonly Slot[]> {
  const { slots } = context.backend
  const healthy = await Promise.all(slots.map((slot) => isHealthy(context, slot)))
  return [
    ...slots.filter((_slot, index) => !healthy[index]),
    ...slots.filter((_slot, index) => healthy[index]),
  ]
}

async function restore(
  options: RolloutOptions,
  run: Run,
  touched: readonly Slot[],
  cause: unknown,
): Promise<never> {
  const { progress } = options.context
  const failedAt = currentRun(progress.state().run, run)
  const error = explain(cause)
  const where = failedAt.slot === undefined ? failedAt.step : `${failedAt.step} of slot ${failedAt.slot}`
  // What ends the run must not end the repair.
  const context = { ...options.context, signal: new AbortController().signal, unsafeStopFirst: false }
  const problems: string[] = []
  for (const slot of [...touched].reverse()) {
    try {
      if (run.from === undefined) throw new Error('nothing served before')
      await replaceSlot(context, slot, run.from, () => undefined)
    } catch (problem) {
      problems.push(`slot ${slot.name}: ${explain(problem)}`)
    }
  }
  const outcome = problems.length === 0 ? 'failed' : 'broken'
  await progress.write({ ...progress.state(), run: { ...failedAt, outcome, error } })
  const facts = {
    ...hookFacts(run, options.environment),
    ALFRED_DEPLOY_STEP: failedAt.step,
    ALFRED_DEPLOY_ERROR: error,
  }
  await options.hooks
    .run('deploy-failed', facts, AbortSignal.timeout(60_000))
    .catch((problem: unknown) => progress.warn(`the hook "deploy-failed" failed: ${explain(problem)}`))
  const serves = run.from === undefined ? 'Nothing served before.' : `${describeRelease(run.from)} serves.`
  throw problems.length === 0
    ? new DeployError(
        'failed',
        `${run.action} of ${run.target.version} failed at ${where}: ${error}. ${serves}`,
      )
    : new DeployError(
        'broken',
        `${run.action} of ${run.target.version} failed at ${where}: ${error}. Not restored: ${problems.join('; ')}.`,
      )
}
