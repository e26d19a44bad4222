import { isAlfredError, runWithDeadline } from '@alfred/core'
import { keysOf } from '../vault/key-stages.ts'
import { asProviderError, ProviderError } from '../providers/provider-error.ts'
import type { VaultCore } from '../vault/vault-core.ts'
import type { ResolvedKeyVaultOptions } from '../vault/vault-options.ts'
import type { StoreLease } from '../stores/vault-store.ts'
import type { InstanceNotes } from './instance-notes.ts'
import { nextStep, type RotationStep } from './next-step.ts'
import { runStep } from './run-step.ts'
import type { StepContext } from './step-context.ts'

/** Takes rotations further, one step at a time, while it holds the store's lease. */
export interface Rotator {
  /** Does what is due now, for all providers, unless another instance is at it. */
  pass(): Promise<void>
  /** Ends the work after the step that was begun, so that no key is lost whose making was asked for. */
  stop(): Promise<void>
}

/** No pass goes on for ever, whatever an adapter answers. */
const maxSteps = 200

/** Fails a call that takes too long, and tells it so. */
async function limited<T>(
  { clock, callTimeoutMs }: ResolvedKeyVaultOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = (): Error => new ProviderError({ reason: 'timeout', refused: false })
  try {
    return await runWithDeadline({ clock, timeoutMs: callTimeoutMs, late }, work)
  } catch (error) {
    throw asProviderError(error)
  }
}

/** A leaked key does not wait for a clock that is set right. */
const isEmergency = (step: RotationStep): boolean =>
  step.do === 'break' || (step.do === 'revoke' && step.version.stage === 'compromised')

export function createRotator(
  core: VaultCore,
  options: ResolvedKeyVaultOptions,
  notes: InstanceNotes,
): Rotator {
  const { store, providers, logger, leaseMs, pollMs } = options

  let stopped = false

  const contextOf = (provider: string, lease: StoreLease): StepContext | undefined => {
    const policy = providers.get(provider)
    if (!policy) return undefined
    const change: StepContext['change'] = (work) => core.mutate(work, lease.epoch)
    return {
      ...options,
      now: () => core.time.now(),
      provider,
      policy,
      core,
      change,
      write: (work) =>
        change((document, moment) => Promise.resolve([work(document, moment), undefined] as const)),
      call: (work) => limited(options, work),
    }
  }

  const stepOf = (
    provider: string,
    isInUse: Awaited<ReturnType<InstanceNotes['read']>>,
  ): RotationStep | undefined => {
    const policy = providers.get(provider)
    const step =
      policy &&
      nextStep(keysOf(core.state().document, provider), policy, {
        now: core.time.now(),
        activationMs: 2 * pollMs,
        isInUse: (version) => isInUse(provider, version),
      })
    return step && (core.time.isTrusted || isEmergency(step)) ? step : undefined
  }

  /** One provider's trouble is not the others'. */
  const advance = async (provider: string, lease: StoreLease): Promise<void> => {
    const context = contextOf(provider, lease)
    for (let steps = 0; context && !stopped && steps < maxSteps; steps++) {
      const step = stepOf(provider, await notes.read())
      // Renewed before the provider is called, so that the lease lasts longer than the call.
      if (!step || !(await lease.renew(leaseMs))) return
      await runStep(context, step)
    }
  }

  const run = async (): Promise<void> => {
    const isInUse = await notes.read()
    if (![...providers.keys()].some((provider) => stepOf(provider, isInUse))) return
    const lease = await store.lease(leaseMs)
    if (!lease) return
    try {
      // What was decided on may be done by now.
      await core.refresh()
      for (const provider of providers.keys()) {
        await advance(provider, lease).catch((error: unknown) => {
          if (isAlfredError(error, 'ALFRED_VAULT_FENCED')) throw error
          logger.warn(
            { provider, code: isAlfredError(error) ? error.code : 'unexpected' },
            'a rotation was interrupted',
          )
        })
      }
    } finally {
      // When it cannot be given back it ends by itself.
      await lease.release().catch(() => undefined)
    }
  }

  let running: Promise<void> | undefined
  return {
    pass: () => (stopped ? Promise.resolve() : (running ??= run().finally(() => (running = undefined)))),
    async stop() {
      stopped = true
      // Whoever asked for the pass hears of its failure.
      await running?.catch(() => undefined)
    },
  }
}
