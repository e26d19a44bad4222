import nodeCluster from 'node:cluster'
import nodeProcess from 'node:process'
import {
  type Lifecycle,
  lifecycle,
  observed,
  option,
  type Options,
  readOptions,
  runDetached,
  settleWithin,
} from '@alfred/core'
import { createCloseHooks, hookRule } from './close-hooks.ts'
import { onEndSignals, type ProcessLike, signalsRule } from './end-signals.ts'

/** A worker of a cluster; one of `node:cluster` is one. */
export interface ClusterWorkerLike {
  readonly process: { kill(signal: NodeJS.Signals): unknown }
}

/** The primary's side of a cluster: the part of `node:cluster` that is used. */
export interface ClusterLike {
  readonly workers?: Readonly<Record<string, ClusterWorkerLike | undefined>> | undefined
  on(event: 'fork', listener: (worker: ClusterWorkerLike) => void): unknown
  on(event: 'exit', listener: (worker: ClusterWorkerLike, code: number | null) => void): unknown
}

const milliseconds = option.number({ min: 0, max: 86_400_000 })

const rule = option.object({
  /**
   * How long the workers may take together; those that are left are killed. Longer than `deadlineMs` and
   * `hooksDeadlineMs` of their drains, and shorter than the orchestrator's grace period.
   * @default 27_000
   */
  deadlineMs: milliseconds.default(27_000),
  /** What the primary closes when its workers are gone, the last one first. @default none */
  hooks: option.list(hookRule).default([]),
  /** How long the close hooks may take together. @default 2000 */
  hooksDeadlineMs: milliseconds.default(2000),
  /** @default ['SIGTERM', 'SIGINT'] */
  signals: signalsRule.default(['SIGTERM', 'SIGINT']),
  /** @default node:cluster */
  cluster: option.withMethods<ClusterLike>('on').default(nodeCluster),
  /** @default node:process */
  process: option.withMethods<ProcessLike>('on', 'off', 'exit').default(nodeProcess),
  /** @default discards everything */
  logger: observed.logger,
  /** @default the machine's own time */
  clock: observed.clock,
})

/** The options of `drainCluster`. */
export interface DrainClusterOptions extends Options<typeof rule> {}

/** The end of a cluster, seen from its primary. */
export interface ClusterDrain extends Lifecycle {
  /** Whether the workers are ending: fork no other for one that exits. */
  readonly draining: boolean
}

/**
 * Passes SIGTERM and SIGINT on from the primary of a cluster to its workers, each of which calls {@link drainOnSignals}, and
 * exits when all have gone: with 0, or with 1 when one exited with another code, was killed, or a hook failed. Without
 * it the primary ends at once and takes its workers along. A worker that is forked meanwhile is killed before it serves.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import cluster from 'node:cluster'
 * import { createServer } from 'node:http'
 * import { drainCluster, drainOnSignals } from '@alfred/server'
 *
 * if (cluster.isPrimary) {
 *   const drain = drainCluster()
 *   cluster.fork()
 *   cluster.on('exit', () => {
 *     if (!drain.draining) cluster.fork()
 *   })
 * } else {
 *   const server = createServer((_request, response) => response.end('hello'))
 *   drainOnSignals(server)
 *   server.listen(8080)
 * }
 * ```
 */
export function drainCluster(options: DrainClusterOptions = {}): ClusterDrain {
  const resolved = readOptions('drainCluster', options, rule)
  const { cluster, process, signals, deadlineMs, hooksDeadlineMs, logger, clock } = resolved
  const hooks = createCloseHooks(clock, logger)
  for (const hook of resolved.hooks) hooks.add(hook)
  let draining = false

  const kill = (worker: ClusterWorkerLike, signal: NodeJS.Signals): void => {
    runDetached(
      () => worker.process.kill(signal),
      (error) => {
        logger.error({ err: error }, 'a worker took no signal')
      },
    )
  }

  const end = async (reason: string): Promise<number> => {
    draining = true
    const workers = new Set(Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined))
    logger.info({ signal: reason, workers: workers.size, deadlineMs }, 'cluster drain started')
    let failed = 0
    const onFork = (worker: ClusterWorkerLike): void => {
      kill(worker, 'SIGKILL')
    }
    cluster.on('fork', onFork)
    const gone = new Promise<void>((resolve) => {
      cluster.on('exit', (worker, code) => {
        if (!workers.delete(worker)) return
        if (code !== 0) failed += 1
        if (workers.size === 0) resolve()
      })
      if (workers.size === 0) resolve()
    })
    for (const worker of workers) kill(worker, reason === 'SIGINT' ? 'SIGINT' : 'SIGTERM')
    await settleWithin(clock, gone, deadlineMs)
    if (workers.size > 0) logger.error({ workers: workers.size }, 'workers killed at the drain deadline')
    failed += workers.size
    for (const worker of workers) kill(worker, 'SIGKILL')
    const failedHooks = await hooks.run(hooksDeadlineMs)
    logger.info({ failed, failedHooks }, 'cluster drain finished')
    return failed > 0 || failedHooks.length > 0 ? 1 : 0
  }

  const stopListening = onEndSignals({ names: signals, process, clock, logger, end })
  return {
    ...lifecycle(stopListening),
    get draining() {
      return draining
    },
  }
}
