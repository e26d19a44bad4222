import { changeKeys, changeRotation, keysOf } from '../vault/key-stages.ts'
import { makeKey, promoteTested, reconcileIntent } from './make-key.ts'
import { dueAt, type RotationStep } from './next-step.ts'
import { replanned } from './plan.ts'
import { probeKey } from './probe-key.ts'
import {
  beginRevoking,
  breakKey,
  disableKey,
  extendLife,
  forgetOrphan,
  limitLife,
  locateOrphan,
} from './retire-key.ts'
import { revokeKey } from './revoke-key.ts'
import type { StepContext } from './step-context.ts'
import { failVersion } from './step-failures.ts'
import { testKey } from './test-key.ts'

const steps = {
  reconcile: reconcileIntent,
  test: testKey,
  promote: promoteTested,
  expire: limitLife,
  extend: extendLife,
  retire: beginRevoking,
  disable: disableKey,
  revoke: revokeKey,
  locate: locateOrphan,
  forget: forgetOrphan,
  break: breakKey,
} as const

/** Brings times that lie ahead back to now, so that waits begin anew. */
const restamp = (context: StepContext): Promise<void> =>
  context.write((document, { now }) =>
    changeKeys(document, context.provider, (keys) => {
      const { lastRotatedAt, probe, rotation } = keys
      return {
        ...keys,
        ...(lastRotatedAt === undefined ? {} : { lastRotatedAt: Math.min(lastRotatedAt, now) }),
        ...(probe ? { probe: { ...probe, checkedAt: Math.min(probe.checkedAt, now) } } : {}),
        ...(rotation?.retryAt === undefined
          ? {}
          : { rotation: { ...rotation, retryAt: Math.min(rotation.retryAt, now) } }),
        versions: keys.versions.map(({ retryAt, ...version }) => ({
          ...version,
          since: Math.min(version.since, now),
          ...(retryAt === undefined ? {} : { retryAt: Math.min(retryAt, now) }),
        })),
      }
    }),
  )

async function remind(context: StepContext, days: number): Promise<void> {
  const { provider, policy, events, logger, now } = context
  await context.write((document) => changeRotation(document, provider, { remindedDays: days }))
  const keys = keysOf(context.core.state().document, provider)
  const dueInMs = Math.max(0, (dueAt(keys, policy) ?? 0) - now())
  const pool = keys.versions.filter(({ stage }) => stage === 'pending').length
  logger.warn({ provider, days }, 'a rotation is due soon: stage a new provider key')
  events?.emit('vault.rotation-due', { provider, dueInMs, pool })
}

/**
 * Does one step. A provider's failure is noted, with the time of the next attempt.
 *
 * @throws `AlfredError` of the store, the key-encryption key or a change by somebody else
 */
export async function runStep(context: StepContext, step: RotationStep): Promise<void> {
  const { provider, policy } = context
  if (step.do === 'schedule') {
    return context.write((document, { now }) => replanned(document, provider, policy, now))
  }
  if (step.do === 'restamp') return restamp(context)
  if (step.do === 'remind') return remind(context, step.days)
  if (step.do === 'probe') return probeKey(context, step.version)
  if (step.do === 'create') return makeKey(context)
  try {
    await steps[step.do](context, step.version)
  } catch (error) {
    await failVersion(context, step.version, error)
  }
}
