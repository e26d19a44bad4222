import {
  AlfredError,
  type Endpoint,
  type Lifecycle,
  lifecycle,
  type Middleware,
  option,
  readOptions,
} from '@alfred/core'
import type { CheckStatus, HealthCheck, HealthGroup, HealthStatus } from './checks/check.ts'
import { checkRule, type ResolvedCheck } from './checks/check-options.ts'
import { type CheckRunner, createCheckRunner } from './registry/check-runner.ts'
import { detailedDocument, summaryDocument } from './probes/health-document.ts'
import { createHealthMiddleware } from './probes/health-middleware.ts'
import { type HealthOptions, resolveHealthOptions } from './health-options.ts'
import { checkSnapshot, groupStatus, type HealthSnapshot } from './registry/health-snapshot.ts'
import { prepareAnswer, type PreparedAnswer } from './probes/prepared-answer.ts'
import { createStatusPage } from './status-page/status-page.ts'

/** A registry of checks that run in the background, and the probes that report them. */
export interface Health extends Lifecycle {
  /**
   * Adds a check and runs it for the first time soon after. Until that run has ended a critical check
   * fails its groups.
   *
   * @returns a function that removes it
   * @throws {@link AlfredError} `ALFRED_HEALTH_DUPLICATE_CHECK`, `ALFRED_LIFECYCLE_CLOSED`
   * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
   */
  register(check: HealthCheck): () => void
  /** Answers the probes and passes everything else on. */
  readonly middleware: Middleware
  /** Where the probes and the status page answer. */
  readonly paths: readonly string[]
  /** The same, with the options that say so. */
  readonly endpoints: readonly Endpoint[]
  snapshot(): HealthSnapshot
  /** Whether somebody has asked one of the probes: a drain waits for nobody else to notice it. */
  readonly probed: boolean
  /**
   * Says that this process cannot be mended but by a restart, as after a deadlock or a corrupt state: `/livez` and
   * `/readyz` fail from now on. Never for a dependency, which a restart does not bring back.
   *
   * @param reason - for the log; the probes answer `broken`
   * @throws `ALFRED_CONFIG_INVALID` for a reason that is neither a text nor an error; the process is not broken then
   */
  broken(reason: string | Error): void
  /** While `true`, `/readyz` fails; the other probes go on as before. A drain sets it. */
  setDraining(draining: boolean): void
  /** Resolves once every registered check has had its first result, whatever that is. */
  ready(): Promise<void>
}

interface GroupState {
  readonly status: HealthStatus
  readonly output: string | undefined
}

/** The answers of one group; the summary is rebuilt when its state changes, the details when asked for. */
interface GroupAnswers {
  state: GroupState
  summary: PreparedAnswer
  details: PreparedAnswer | undefined
}

const groups = ['startup', 'readiness', 'health'] as const satisfies HealthGroup[]

const prepareSummary = (state: GroupState): PreparedAnswer =>
  prepareAnswer(state.status, summaryDocument(state.status, state.output))

const startingAnswers = (): GroupAnswers => {
  const state: GroupState = { status: 'fail', output: 'starting' }
  return { state, summary: prepareSummary(state), details: undefined }
}

/**
 * Builds a health registry.
 *
 * @throws {@link AlfredConfigError} `ALFRED_CONFIG_INVALID`
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { createHealth, memoryCheck } from '@alfred/health'
 *
 * const health = createHealth({ checks: [memoryCheck()] })
 * createServer((request, response) => {
 *   health.middleware(request, response, () => response.end('hello'))
 * }).listen(8080)
 * ```
 */
export function createHealth(options: HealthOptions = {}): Health {
  const resolved = resolveHealthOptions(options)
  const { checks, paths, details, identity, jitter, logger, clock, events } = resolved
  const runners = new Map<string, CheckRunner>()
  const announced = new Map<string, CheckStatus>()
  const waiting = new Set<() => void>()
  const answers = { startup: startingAnswers(), readiness: startingAnswers(), health: startingAnswers() }
  let draining = false
  let probed = false
  let isBroken = false
  let started = false
  let closed = false
  let isOpen = false
  /** When the oldest result turns stale: the event loop may have been too busy to say so. */
  let validUntil = Infinity

  const firstRoundDone = (): boolean => [...runners.values()].every((runner) => runner.last)

  const groupState = (group: HealthGroup, monotonicMs: number): GroupState => {
    if (group === 'readiness' && isBroken) return { status: 'fail', output: 'broken' }
    if (group === 'readiness' && draining) return { status: 'fail', output: 'draining' }
    // Latched: what fails later is the readiness probe's to report.
    if (group === 'startup' && started) return { status: 'pass', output: undefined }
    if (group === 'readiness' && !started) return { status: 'fail', output: 'starting' }
    const status = groupStatus(runners.values(), group, monotonicMs)
    return { status, output: status === 'pass' || firstRoundDone() ? undefined : 'starting' }
  }

  const announceChanges = (monotonicMs: number): void => {
    for (const [name, runner] of runners) {
      const from = announced.get(name) ?? 'pending'
      const to = runner.status(monotonicMs)
      if (from === to) continue
      announced.set(name, to)
      page?.noteChange(name, from, to)
      const { kind, criticality } = runner.check
      events?.emit('health.changed', { check: name, kind, criticality, from, to })
    }
  }

  const evaluate = (): void => {
    const monotonicMs = clock.monotonicMs()
    validUntil = Infinity
    for (const runner of runners.values()) {
      if (runner.staleAt > monotonicMs) validUntil = Math.min(validUntil, runner.staleAt)
    }
    started ||= firstRoundDone() && groupStatus(runners.values(), 'startup', monotonicMs) !== 'fail'
    for (const group of groups) {
      const answer = answers[group]
      const state = groupState(group, monotonicMs)
      answer.details = undefined
      if (state.status === answer.state.status && state.output === answer.state.output) continue
      logger.info({ group, from: answer.state.status, to: state.status }, 'a health group changed')
      answer.state = state
      answer.summary = prepareSummary(state)
    }
    announceChanges(monotonicMs)
    page?.update()
    if (waiting.size > 0 && firstRoundDone()) {
      for (const resolve of waiting) resolve()
      waiting.clear()
    }
  }

  const snapshots = () => {
    const monotonicMs = clock.monotonicMs()
    return Array.from(runners.values(), (runner) => checkSnapshot(runner, monotonicMs))
  }

  const refresh = (): void => {
    if (clock.monotonicMs() >= validUntil) evaluate()
  }

  const snapshot = (): HealthSnapshot => {
    refresh()
    const { startup, readiness, health } = answers
    return {
      startup: startup.state.status,
      readiness: readiness.state.status,
      health: health.state.status,
      draining,
      checks: snapshots(),
    }
  }

  const page = resolved.statusPage && createStatusPage({ ...resolved.statusPage, clock, identity, snapshot })

  const add = (check: ResolvedCheck): (() => void) => {
    const { name } = check
    if (closed)
      throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The health registry is closed.', {
        component: 'health',
      })
    if (runners.has(name)) {
      throw new AlfredError(
        'ALFRED_HEALTH_DUPLICATE_CHECK',
        `There is already a health check named "${name}".`,
        { check: name },
      )
    }
    const runner = createCheckRunner(check, { clock, logger, jitter, onResult: evaluate })
    runners.set(name, runner)
    return () => {
      if (runners.get(name) !== runner) return
      runner.close()
      runners.delete(name)
      const from = announced.get(name)
      announced.delete(name)
      // Else an alert on it would go on for ever.
      if (from !== undefined) {
        const { kind, criticality } = check
        events?.emit('health.changed', { check: name, kind, criticality, from, to: 'removed' })
      }
      page?.forget(name)
      evaluate()
    }
  }

  for (const check of checks) add(check)
  // Not at once: the caller is about to register more, and a start-up that passed stays passed.
  const opening = clock.setTimeout(() => {
    isOpen = true
    evaluate()
  }, 0)

  return {
    ...lifecycle(() => {
      closed = true
      opening.cancel()
      for (const runner of runners.values()) runner.close()
      page?.close()
      for (const resolve of waiting) resolve()
      waiting.clear()
    }),
    async ready() {
      if (!closed && !firstRoundDone()) {
        // The one timer here that holds the process: before a server listens nothing else may do so, and the
        // process would end in the middle of its start.
        const hold = setInterval(() => undefined, 60_000)
        await new Promise<void>((resolve) => waiting.add(resolve))
        clearInterval(hold)
      }
      if (closed)
        throw new AlfredError('ALFRED_LIFECYCLE_CLOSED', 'The health registry is closed.', {
          component: 'health',
        })
    },
    register(check) {
      const remove = add(readOptions('health.check', check, checkRule))
      if (isOpen) evaluate()
      return remove
    },
    endpoints: resolved.endpoints,
    paths: [...Object.values(paths).filter((path) => path !== false), ...(page?.paths ?? [])],
    middleware: createHealthMiddleware({
      paths,
      details,
      statusPage: page && { page, access: resolved.statusPage.access },
      logger,
      onProbe() {
        probed = true
      },
      isBroken: () => isBroken,
      answer(group, detailed) {
        refresh()
        const answer = answers[group]
        if (!detailed) return answer.summary
        const { status, output } = answer.state
        return (answer.details ??= prepareAnswer(
          status,
          detailedDocument(status, output, identity, group, snapshots()),
        ))
      },
    }),
    snapshot,
    get probed() {
      return probed
    },
    broken(reason) {
      if (isBroken) return
      const fields =
        reason instanceof Error
          ? { err: reason }
          : { reason: readOptions('health.broken', reason, option.string()) }
      isBroken = true
      logger.error(fields, 'the process is broken')
      evaluate()
    },
    setDraining(value) {
      if (draining === value) return
      draining = value
      evaluate()
    },
  }
}
