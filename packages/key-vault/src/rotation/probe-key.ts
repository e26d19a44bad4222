import { changeKeys } from '../vault/key-stages.ts'
import type { KeyVersion, ProbeRecord } from '../vault/vault-document.ts'
import { readProbe, readUsage } from './read-probe.ts'
import { knownKey, type StepContext } from './step-context.ts'

/** Asks the provider whether it takes the current key, and how much it was used since it became current. */
export async function probeKey(context: StepContext, current: KeyVersion | undefined): Promise<void> {
  const { policy, provider, events } = context
  const { adapter } = policy
  const version = current?.version
  const key = current ? await knownKey(context, current) : { remoteId: undefined, secret: undefined }
  const { validity, errorCode } = await context
    .call(async (signal) => readProbe(await adapter.probe(key.secret ?? '', signal)))
    .catch(() => ({ validity: 'unknown' as const, errorCode: 'unexpected' }))
  const usage =
    adapter.usage &&
    current &&
    (await context
      .call(async (signal) => readUsage(await adapter.usage?.(key, current.since, signal)))
      // The figures are a nicety; the key's validity is not lost with them.
      .catch(() => undefined))
  const before = await context.change((document, { now }) => {
    let last: ProbeRecord | undefined
    const changed = changeKeys(document, provider, (keys) => {
      last = keys.probe
      const probe: ProbeRecord = {
        ...(version === undefined ? {} : { version }),
        validity,
        checkedAt: now,
        ...(errorCode === undefined ? {} : { errorCode }),
        ...(usage ? { usage } : {}),
      }
      return { ...keys, probe }
    })
    return Promise.resolve([changed, last] as const)
  })
  const last = before?.version === version ? before?.validity : undefined
  if (version === undefined || validity === last) return
  if (validity === 'invalid') events?.emit('vault.key-invalid', { provider, version })
  if (validity === 'valid') events?.emit('vault.key-valid', { provider, version })
}
